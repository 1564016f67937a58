"""A cursor over the messages and their code blocks, and what is asked for where it stands."""

from __future__ import annotations

from minicpm_tui.messages import Role
from minicpm_tui.ui.conversation import messages
from minicpm_tui.ui.conversation import selection as picking
from minicpm_tui.ui.conversation.entry import Entry
from minicpm_tui.ui.conversation.scroll import Reading


class WithCursor(Reading):
    """The part of the pane that one message of the conversation is chosen in."""

    @property
    def cursor_id(self) -> str | None:
        """The id of the message that the cursor stands on."""
        return None if self.view.cursor is None else self.document.entries[self.view.cursor].message.id

    @property
    def cursor_role(self) -> Role | None:
        return None if self.view.cursor is None else self.document.entries[self.view.cursor].message.role

    def index_of(self, message_id: str) -> int | None:
        """Which entry shows a message."""
        return next((n for n, entry in enumerate(self.document.entries) if entry.message.id == message_id), None)

    def forget_reader(self) -> None:
        """Another conversation: no cursor, no search, no selection."""
        self.view.cursor = self.view.code = self.view.search = None
        if self.is_mounted and self.text_selection is not None:
            self.screen.clear_selection()

    def set_cursor(self, index: int | None) -> None:
        """Put the cursor on an entry, or nowhere."""
        self.view.cursor, self.view.code = index, None
        self.refresh()
        self.refresh_bindings()
        self.post_message(messages.CursorMoved(self.cursor_id))

    def go_to(self, message_id: str) -> None:
        """Put the cursor on a message that is shown, and show where it begins."""
        if (index := self.index_of(message_id)) is not None:
            self.set_cursor(index)
            self.to_line(index, 0)

    def action_turn(self, step: int) -> None:
        """The message before or after the cursor; without one, from what is in sight."""
        count = len(self.document.entries)
        if not count:
            return
        if self.view.cursor is None:
            bottom = min(self.scroll_offset.y + self.view.height, self.document.height) - 1
            index = self.document.entry_at(bottom)
        else:
            index = max(0, min(self.view.cursor + step, count - 1))
        self.set_cursor(index)
        self.to_line(index, 0)

    def action_code(self, step: int) -> None:
        """Select the next code block of the message under the cursor (the last one without a cursor)."""
        if not self.document.entries:
            return
        if self.view.cursor is None:
            self.view.cursor = len(self.document.entries) - 1
        index = self.view.cursor
        entry = self._drawn_whole(index)
        if blocks := picking.code_rows(entry):
            now = blocks.index(self.view.code) if self.view.code in blocks else -1 if step > 0 else 0
            self.view.code = blocks[(now + step) % len(blocks)]
            self.to_line(index, self.view.code[0])
        self.place()

    def _drawn_whole(self, index: int) -> Entry:
        """Entry ``index`` with all its rows."""
        entry = self.document.entries[index]
        entry.expand()
        for unit in entry.units:
            self.document.draw(unit)
        self.document.measure(index)
        return entry

    def do(self, action: str, row: int) -> None:
        """Carry out the action of a clickable text in ``row``."""
        index = self.document.entry_at(row)
        line = row - self.document.start(index)
        if action == "end":
            self.action_scroll_finish()
        elif action == "reasoning":
            self._fold(index)
        elif action in {"previous", "next"}:
            self._sibling(index, -1 if action == "previous" else 1)
        elif action == "copy-code":
            entry = self._drawn_whole(index)
            rows, blocks = picking.code_rows(entry), picking.code_blocks(entry)
            number = next((n for n, (begin, end) in enumerate(rows) if begin <= line < end), None)
            if number is not None and number < len(blocks):
                self.post_message(messages.CopyRequested(blocks[number]))

    def _fold(self, index: int) -> None:
        extras = self.document.entries[index].extras
        extras.reasoning_shown = not extras.reasoning_shown
        self.remake(index)

    def _sibling(self, index: int, step: int) -> None:
        entry = self.document.entries[index]
        position, count = entry.extras.position
        if 1 <= position + step <= count:
            self.post_message(messages.SiblingRequested(entry.message.id, step))

    @property
    def reasoned(self) -> int | None:
        """The entry whose reasoning the user would mean: the one at the cursor, or the last that has some."""
        entries = self.document.entries
        among = reversed(range(len(entries))) if self.view.cursor is None else [self.view.cursor]
        return next((index for index in among if entries[index].reasoning), None)

    def action_reasoning(self) -> None:
        if (index := self.reasoned) is not None:
            self._fold(index)

    @property
    def written(self) -> int | None:
        """The entry whose text the user would see as it was written: the reply at the cursor, or the last one."""
        entries = self.document.entries
        among = reversed(range(len(entries))) if self.view.cursor is None else [self.view.cursor]
        return next((index for index in among if entries[index].message.role == "assistant" and entries[index].source), None)

    def action_as_written(self) -> None:
        if (index := self.written) is not None:
            extras = self.document.entries[index].extras
            extras.as_written = not extras.as_written
            self.view.code = None
            self.remake(index)

    @property
    def versioned(self) -> int | None:
        """The entry whose versions the user would mean: at the cursor, or the next above it that has some."""
        entries = self.document.entries
        start = len(entries) - 1 if self.view.cursor is None else self.view.cursor
        return next((index for index in range(start, -1, -1) if entries[index].extras.position[1] > 1), None)

    def action_sibling(self, step: int) -> None:
        if (index := self.versioned) is not None:
            self._sibling(index, step)

    def action_edit(self) -> None:
        if self.cursor_id is not None:
            self.post_message(messages.EditRequested(self.cursor_id))

    def action_regenerate(self) -> None:
        if self.cursor_id is not None:
            self.post_message(messages.RegenerateRequested(self.cursor_id))
