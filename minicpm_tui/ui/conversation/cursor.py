"""A cursor over the messages and their code blocks, and what is asked for where it stands."""

from __future__ import annotations

from collections.abc import Callable

from textual.message import Message

from minicpm_tui.messages import Role, media_of
from minicpm_tui.ui.conversation import messages, selection
from minicpm_tui.ui.conversation.entry import Entry
from minicpm_tui.ui.conversation.message_chrome import is_folded
from minicpm_tui.ui.conversation.viewport import Viewport


class Cursor:
    """Stands on one message in ``viewport``, or on none. What is asked for there is told through ``post``."""

    def __init__(self, viewport: Viewport, post: Callable[[Message], object]) -> None:
        self._viewport = viewport
        self._document = viewport.document
        self._view = viewport.view
        self._post = post

    @property
    def index(self) -> int | None:
        """Which entry it stands on."""
        return self._view.cursor

    @property
    def message_id(self) -> str | None:
        """The id of the message that it stands on."""
        return None if self.index is None else self._entries[self.index].message.id

    @property
    def role(self) -> Role | None:
        """Whose message it stands on."""
        return None if self.index is None else self._entries[self.index].message.role

    @property
    def _entries(self) -> list[Entry]:
        return self._document.entries

    # ---- moving

    def leave(self) -> None:
        """Stand nowhere, without a word: another conversation is shown."""
        self._view.cursor = self._view.code = None

    def move(self, index: int | None) -> None:
        """Stand on entry ``index``, or nowhere."""
        self._view.cursor, self._view.code = index, None
        self._viewport.redraw()
        self._post(messages.CursorMoved(self.message_id))

    def go_to(self, message_id: str) -> None:
        """Stand on a message that is shown, and show where it begins."""
        if (index := self._document.index_of(message_id)) is not None:
            self.move(index)
            self._viewport.to_line(index, 0)

    def turn(self, step: int) -> None:
        """The message before or after; from nowhere, the last one in sight."""
        count = len(self._entries)
        if not count:
            return
        if self.index is None:
            bottom = min(self._viewport.top + self._view.height, self._document.height) - 1
            index = self._document.entry_at(bottom)
        else:
            index = max(0, min(self.index + step, count - 1))
        self.move(index)
        self._viewport.to_line(index, 0)

    def next_code(self, step: int) -> None:
        """Select the next code block of the message it stands on; from nowhere, of the last one."""
        if not self._entries:
            return
        if self._view.cursor is None:
            self._view.cursor = len(self._entries) - 1
        index = self._view.cursor
        if blocks := selection.code_rows(self._document.whole(index)):
            now = blocks.index(self._view.code) if self._view.code in blocks else -1 if step > 0 else 0
            self._view.code = blocks[(now + step) % len(blocks)]
            self._viewport.to_line(index, self._view.code[0])
        self._viewport.place()

    # ---- which message the user would mean

    @property
    def reasoned(self) -> int | None:
        """The entry whose reasoning: the one here, or the last that has some."""
        return next((index for index in self._here_or_last() if self._entries[index].reasoning), None)

    @property
    def attached(self) -> int | None:
        """The entry whose many pictures: the one here, or the last that has so many."""
        return next((n for n in self._here_or_last() if is_folded(media_of(self._entries[n].message.content))), None)

    @property
    def written(self) -> int | None:
        """The entry whose text as it was written: the reply here, or the last one."""
        entries = self._entries
        return next((n for n in self._here_or_last() if entries[n].message.role == "assistant" and entries[n].source), None)

    @property
    def shortened(self) -> int | None:
        """The entry whose end is not shown: the one here, or the last such one."""
        return next((n for n in self._here_or_last() if self._entries[n].hidden), None)

    @property
    def versioned(self) -> int | None:
        """The entry whose versions: the one here, or the next above it that has some."""
        start = len(self._entries) - 1 if self.index is None else self.index
        return next((index for index in range(start, -1, -1) if self._entries[index].extras.position[1] > 1), None)

    def _here_or_last(self) -> list[int]:
        return list(reversed(range(len(self._entries)))) if self.index is None else [self.index]

    # ---- what is asked for

    def fold_reasoning(self) -> None:
        """Unfold the reasoning, or fold it again."""
        if (index := self.reasoned) is not None:
            self._fold(index)

    def unfold_attachments(self) -> None:
        """List many pictures one by one, or fold them again."""
        if (index := self.attached) is not None:
            self._unfold(index)

    def show_written(self) -> None:
        """Show a reply's text as it was written, or drawn again."""
        if (index := self.written) is not None:
            extras = self._entries[index].extras
            extras.as_written = not extras.as_written
            self._view.code = None
            self._viewport.remake(index)

    def show_more(self) -> None:
        """Show more of a long message."""
        if (index := self.shortened) is not None:
            self._show_more(index)

    def sibling(self, step: int) -> None:
        """Ask for the version before or after."""
        if (index := self.versioned) is not None:
            self._ask_sibling(index, step)

    def edit(self) -> None:
        """Ask for the question here to be edited."""
        if self.message_id is not None:
            self._post(messages.EditRequested(self.message_id))

    def regenerate(self) -> None:
        """Ask for another reply in place of the one here."""
        if self.message_id is not None:
            self._post(messages.RegenerateRequested(self.message_id))

    def press(self, action: str, row: int) -> None:
        """Carry out the action of a clickable text in ``row``."""
        index = self._document.entry_at(row)
        if action == "end":
            self._viewport.to_end()
        elif action == "reasoning":
            self._fold(index)
        elif action == "attachments":
            self._unfold(index)
        elif action == "more":
            self._show_more(index)
        elif action in {"previous", "next"}:
            self._ask_sibling(index, -1 if action == "previous" else 1)
        elif action == "copy-code":
            self._copy_code(index, row - self._document.start(index))

    def _copy_code(self, index: int, line: int) -> None:
        entry = self._document.whole(index)
        rows, blocks = selection.code_rows(entry), selection.code_blocks(entry)
        number = next((n for n, (begin, end) in enumerate(rows) if begin <= line < end), None)
        if number is not None and number < len(blocks):
            self._post(messages.CopyRequested(blocks[number]))

    def _fold(self, index: int) -> None:
        extras = self._entries[index].extras
        extras.reasoning_shown = not extras.reasoning_shown
        self._viewport.remake(index)

    def _show_more(self, index: int) -> None:
        self._viewport.following = False
        self._entries[index].show_more()
        self._viewport.remake(index)

    def _unfold(self, index: int) -> None:
        extras = self._entries[index].extras
        extras.attachments_shown = not extras.attachments_shown
        self._viewport.remake(index)
        self._viewport.to_line(index, 0)

    def _ask_sibling(self, index: int, step: int) -> None:
        entry = self._entries[index]
        position, count = entry.extras.position
        if 1 <= position + step <= count:
            self._post(messages.SiblingRequested(entry.message.id, step))
