"""Where a message is written: several lines, history, paths by ``@``, pasted paths, the user's own editor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.events import Key, Paste
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from minicpm_tui import text
from minicpm_tui.errors import StorageError
from minicpm_tui.i18n import _
from minicpm_tui.ui.composer import completion, history, pasted, picture_paste, typed, unattached
from minicpm_tui.ui.composer.commands import COMMANDS, COPY_KEY
from minicpm_tui.ui.composer.completion import Candidate
from minicpm_tui.ui.composer.folds import Folds
from minicpm_tui.ui.composer.history import History
from minicpm_tui.ui.kit.commands import Commanded, bindings, show_key
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.messages import CopyText

if TYPE_CHECKING:
    from minicpm_tui.ui.composer.dropdown import CompletionList


class Composer(Commanded, TextArea):
    """The text of the next message. Text that begins with ``/`` is text. Nothing is sent before ``ready`` is set."""

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)

    class Submitted(Message):
        """The user wants ``text`` sent."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class PathsGiven(Message):
        """``paths`` that exist, or URLs, were pasted, dropped, typed or completed."""

        def __init__(self, paths: tuple[str, ...]) -> None:
            super().__init__()
            self.paths = paths

    class EditorWanted(Message):
        """The message is to be written in the user's editor."""

    class TakeBack(Message):
        """Backspace or up in an empty composer; ``key`` tells which."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, ready: asyncio.Event, folder: Path | None = None) -> None:
        super().__init__(id="composer", show_line_numbers=False, highlight_cursor_line=False, compact=True)
        self.sent = History()
        self._folds = Folds()
        self._ready = ready
        self.folder = folder or Path.cwd()
        self.completions: CompletionList | None = None
        self.attached: Callable[[], Collection[str]] = tuple  # names of files that need no @ any more
        self.scp_line = ""
        """What brings the files here that were named last and are on another machine."""
        self._awaited: dict[str, str] = {}  # by file name: the path, as it was pasted, of a file that is not here yet
        self._unfound = ""  # a message that was held for what it names: a second Enter sends it as it is
        self._walking = False  # through the history: such changes are no edits

    def render_line(self, y: int) -> Strip:
        """As TextArea does, which fails when its placeholder has no room at all."""
        return super().render_line(y) if self.content_size.width > 0 else Strip.blank(self.size.width)

    @property
    def message(self) -> str:
        """All that is written: ``text`` has a mark in place of a long paste."""
        return self._folds.whole(self.text)

    # -- keys -----------------------------------------------------------------------------------------------------------------

    async def on_key(self, event: Key) -> None:
        """The keys that TextArea would take for itself."""
        if self.completions is not None and self.completions.take(event.key):
            taken = True
        elif event.key == "enter":
            await self.action_submit()
            taken = True
        elif event.key == "backspace" and (mark := self._folds.mark_before(self._before)) and self.selection.is_empty:
            row, column = self.cursor_location
            self.delete((row, column - len(mark)), (row, column))
            taken = True
        elif event.key in {"backspace", "up"} and not self.text:
            self.post_message(self.TakeBack(event.key))
            taken = event.key == "backspace"
        else:
            taken = False
        if taken:
            event.stop()
            event.prevent_default()

    async def action_submit(self) -> None:
        """Send the message, but attach the files that it names first. What is typed after it waits too."""
        await self._ready.wait()
        if typed.might_name_files(self.text) and self.text != self._unfound:
            self._read_typed(self.text)
        else:
            self.post_message(self.Submitted(self.message))

    @work(group="typed", exclusive=True)
    async def _read_typed(self, what: str) -> None:
        named = await asyncio.to_thread(typed.read, what, self.folder, self.attached())
        if self.text != what:
            return
        self._unfound = named.rest if named.held else ""
        if named.found:
            self.write(named.rest)
        if named.loose:
            self.notify(unattached.line(named.loose), severity="warning", timeout=15, markup=False)
        if named.found or named.held:
            self._give(named.found, named.missing)
        else:
            self.post_message(self.Submitted(self.message))

    def action_newline(self) -> None:
        self.insert("\n")
        self.scroll_cursor_visible()

    def action_editor(self) -> None:
        self.post_message(self.EditorWanted())

    def action_older(self) -> None:
        if self.get_cursor_up_location()[0] != self.cursor_location[0] or self.wrapped_above:
            self.action_cursor_up()
        elif (older := self.sent.older(self.text)) is not None:
            self._walk_to(older)

    def action_newer(self) -> None:
        if not self.cursor_at_last_line or self.wrapped_below:
            self.action_cursor_down()
        elif (newer := self.sent.newer()) is not None:
            self._walk_to(newer)

    @property
    def wrapped_above(self) -> bool:
        """The cursor's line is wrapped and there is a part of it above the cursor."""
        return self.wrapped_document.location_to_offset(self.cursor_location).y > 0

    @property
    def wrapped_below(self) -> bool:
        """The cursor's line is wrapped and there is a part of it below the cursor."""
        return self.wrapped_document.location_to_offset(self.cursor_location).y < self.wrapped_document.height - 1

    @work(group="history")
    async def recall(self) -> None:
        """Read what was sent in earlier runs: it is older than what was sent in this one."""
        self.sent.add_older(await asyncio.to_thread(history.load))

    def remember(self, message: str) -> None:
        """``message`` was sent: it is offered again, in later runs too."""
        self.sent.add(message)
        self._keep(message)

    @work(group="history")
    async def _keep(self, message: str) -> None:
        try:
            await asyncio.to_thread(history.save, message)
        except StorageError as error:
            self.notify(error_line(error.info), severity="warning", markup=False)

    def _walk_to(self, entry: str) -> None:
        self._walking = True
        self.write(entry)

    def write(self, entry: str) -> None:
        """Replace what is written; one undo brings it back."""
        self.replace(self._folds.fold(entry), (0, 0), self.document.end)
        self.move_cursor(self.document.end)

    @on(TextArea.Changed)
    def _changed(self) -> None:
        if not self._walking:
            self.sent.settle()
        self._walking = False
        if not self.text:  # sent, or given up
            self._forget_missing()
        self._look_up()

    # -- paths ----------------------------------------------------------------------------------------------------------------

    async def on_paste(self, event: Paste) -> None:
        event.stop()
        event.prevent_default()
        await self.paste(event.text)

    async def paste(self, what: str) -> None:
        """Insert ``what``, or attach the files that it names."""
        if pasted.might_be_paths(what):
            self._read_paste(what)
        else:
            self._insert(what)

    @work(group="paste")
    async def _read_paste(self, what: str) -> None:
        found = await asyncio.to_thread(pasted.read, what, self.folder)
        if not found.found or found.missing:
            self._insert(what)
        if len(found.missing) == 1 and not found.found:
            self._awaited[pasted.file_name(found.missing[0])] = text.printable(what).strip()
        if found.found or found.missing:
            self._give(found.found, found.missing)

    def arrived(self, name: str) -> None:
        """The file ``name`` has come from the user's own machine: its path, which was pasted, is no text any more."""
        what = self._awaited.pop(name, "")
        before, found, _after = self.text.partition(what) if what else ("", "", "")
        if found:
            start = (before.count("\n"), len(before.rpartition("\n")[2]))
            self.replace("", start, (start[0], start[1] + len(found)))

    def _give(self, paths: tuple[str, ...], missing: tuple[str, ...]) -> None:
        """Pass ``paths`` on, and say which do not exist here."""
        if paths:
            self.post_message(self.PathsGiven(paths))
        if missing:
            self._offer_copying(missing)

    @work(group="offer", exclusive=True)
    async def _offer_copying(self, missing: tuple[str, ...]) -> None:
        """Say how what is ``missing`` here can be brought."""
        from minicpm_tui.receiving import copying

        try:
            self.scp_line = await asyncio.to_thread(copying.prepared_line, missing)
        except StorageError as error:
            self.notify(error_line(error.info), severity="warning", markup=False)
            return
        self.screen.refresh_bindings()
        line = pasted.missing_line(missing, self.scp_line, show_key(COPY_KEY), held=bool(self._unfound))
        self.notify(text.one_line(line), severity="warning", timeout=30, markup=False)

    def _forget_missing(self) -> None:
        if self._unfound or self.scp_line:
            self.app.clear_notifications()  # how to attach or to bring it is of no use any more
        self._unfound = ""
        if self.scp_line:
            self.scp_line = ""
            self.screen.refresh_bindings()

    def action_paste_picture(self) -> None:
        picture_paste.ask_for_picture(self.app)

    def action_upload(self) -> None:
        picture_paste.ask_for_files(self.app)

    def action_copy_scp(self) -> None:
        self.post_message(CopyText(self.scp_line, _("the scp line")))

    def _insert(self, what: str) -> None:
        result = self.replace(self._folds.fold(text.printable(what)), *self.selection)
        self.move_cursor(result.end_location)

    @property
    def _before(self) -> str:
        """What stands before the cursor in its line."""
        row, column = self.cursor_location
        return self.document[row][:column]

    @work(group="completion", exclusive=True)
    async def _look_up(self) -> None:
        token = completion.token_before(self._before)
        found = [] if token is None else await asyncio.to_thread(completion.candidates, token, self.folder)
        if self.completions is not None and (found or self.completions.display):
            self.completions.offer(found)

    def choose(self, candidate: Candidate) -> None:
        """Complete with ``candidate``, which was clicked, and go on writing."""
        self.complete(candidate)
        self.focus()

    def complete(self, candidate: Candidate) -> None:
        """A folder goes on being completed; a file becomes an attachment and its token goes."""
        row, column = self.cursor_location
        token = completion.token_before(self._before)
        if token is None or self.completions is None:
            return
        start = (row, column - len(token) - 1)
        if candidate.folder:
            self.replace(f"@{candidate.value}", start, (row, column))
        else:
            self.replace("", start, (row, column))
            self.completions.offer(())
            self.post_message(self.PathsGiven((str(candidate.path),)))
