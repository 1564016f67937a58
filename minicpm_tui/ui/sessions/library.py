"""The library: every saved conversation, found as you type."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.events import Resize
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.sessions.library import Library
from minicpm_tui.sessions.summary import SessionInfo
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit.commands import Commanded, bindings
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.hint_bar import HintBar
from minicpm_tui.ui.kit.messages import OpenSession
from minicpm_tui.ui.kit.open_conversation import conversation_of, written_here
from minicpm_tui.ui.kit.search_field import SearchField
from minicpm_tui.ui.kit.virtual_list import MovesList
from minicpm_tui.ui.sessions import library_dialogs as dialogs
from minicpm_tui.ui.sessions.library_commands import COMMANDS
from minicpm_tui.ui.sessions.preview import PicturePreview
from minicpm_tui.ui.sessions.session_list import SessionList
from minicpm_tui.ui.sessions.session_source import SessionSource, found_words

_T = TypeVar("_T")
_FIRST = 200
_QUICK = 0.25
"""Seconds that the folders may take to be read before the list is shown as the index knows it, and a search before it is said."""
_LOW = 18
"""Rows; a lower terminal shows no pictures here."""


class LibraryScreen(MovesList, Commanded, Screen[None]):
    """Shows what the folders say, or the index where they take longer to read, and narrows the list while one types."""

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)
    DEFAULT_CSS = """
    LibraryScreen #search { height: 3; border: round $primary; border-title-color: $primary; border-subtitle-color: $text-muted; }
    LibraryScreen #state { height: auto; padding: 0 1; display: none; }
    LibraryScreen.-low PicturePreview { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.listing: SessionList = SessionList()
        self.source = SessionSource()
        self.ready = False
        self._library: Library | None = None
        self._slow: Timer | None = None

    def compose(self) -> ComposeResult:
        yield SearchField(id="search", placeholder=_("type to search titles and texts"))
        yield self.listing
        yield PicturePreview()
        yield Static(id="state", classes="muted", markup=False)
        yield HintBar()

    def on_mount(self) -> None:
        self.query_one("#search").border_title = _("Sessions")
        self.listing.expect()
        self._start()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < _LOW, "-low")

    def on_unmount(self) -> None:
        if self._library is not None:
            asyncio.get_running_loop().run_in_executor(None, self._library.close)  # waits for what is being written

    @work(group="start", exclusive=True)
    async def _start(self) -> None:
        """Show what the folders say; what the index knows, while that takes its time."""
        self.ready = False
        known = self.set_timer(_QUICK, self._show_known)
        try:
            library = self._library if self._library is not None else await asyncio.to_thread(Library)
            self._library = library
            await asyncio.to_thread(library.reconcile, progress=self._progress, cancelled=lambda: not self.is_attached)
        except MinicpmTuiError as error:
            self._say(error)
        known.stop()
        if self.is_attached:
            self.ready = True
            self._tell("")
            await self._fill()

    async def _show_known(self) -> None:
        if self.is_attached and not self.ready:
            await self._fill(_FIRST)

    def _progress(self, done: int, total: int) -> None:
        """Called from the reading thread."""
        if total > _FIRST:
            text = _("reading the sessions: {done} of {total}").format(done=done, total=total)
            self.app.call_later(self._show_progress, text)

    async def _show_progress(self, text: str) -> None:
        if self.is_attached and not self.ready:
            self._tell(text)
        await self._show_known()

    def _tell(self, text: str) -> None:
        """Say what goes on under the list; nothing takes no room."""
        state = self.query_one("#state", Static)
        state.update(text)
        state.display = bool(text)

    @property
    def _words(self) -> str:
        return self.query_one(SearchField).value

    async def _fill(self, limit: int = -1) -> None:
        """Show what the library has for the text in the search field."""
        words, trash = self._words, self.source.in_trash
        hits = await self._ask(lambda library: self.source.found(library, words, limit))
        if not self.is_attached or (words, trash) != (self._words, self.source.in_trash):
            return  # something else is being looked for by now
        if not hits and not self.ready:
            return  # the index may not know them yet: keys typed ahead wait for those that do
        if hits is None:
            self.listing.searched = words
            self.listing.settle()
            self._say_found("")
            return
        empty = _("Nothing found.") if words.strip() else _("The trash is empty.") if trash else _("No saved sessions yet.")
        self.listing.show_hits(hits, empty, words, other=words != self.listing.searched)
        self._say_found(found_words(len(hits), searched=bool(words.strip()), ready=self.ready))
        self.refresh_bindings()

    def _say_found(self, text: str) -> None:
        """What the list is, or why it is not yet, on the frame of the search field."""
        if self._slow is not None:
            self._slow.stop()
            self._slow = None
        self.query_one("#search").border_subtitle = text

    async def _ask(self, work: Callable[[Library], _T]) -> _T | None:
        """Ask the library in a thread; what goes wrong is said."""
        if self._library is None:
            return None
        try:
            return await asyncio.to_thread(work, self._library)
        except MinicpmTuiError as error:
            self._say(error)
            return None

    def _say(self, error: MinicpmTuiError) -> None:
        if self.is_attached:
            self.notify(one_line(error_line(error.info)), severity="warning", timeout=10, markup=False)

    @on(Input.Changed, "#search")
    def _typed(self) -> None:
        self.listing.expect()
        self._slow = self._slow or self.set_timer(_QUICK, lambda: self._say_found(_("searching…")))
        self._narrow()

    @work(group="fill", exclusive=True)
    async def _narrow(self) -> None:
        """Show what fits the search field; read the folders again when the index turns out to be damaged."""
        await self._fill()
        if self.ready and self._library is not None and not self._library.complete:
            self._start()

    @on(Input.Submitted, "#search")
    @on(SessionList.Chosen)
    def _entered(self) -> None:
        if self.source.in_trash:
            self.action_restore_asked()
        else:
            self.action_continue()

    @on(SessionList.Highlighted)
    def _highlighted(self) -> None:
        if self._library is not None:
            self.query_one(PicturePreview).show(self.source.folder(self._library), self.listing.session)
        self.refresh_bindings()

    # -- commands -------------------------------------------------------------------------------------------------------------

    def _with_session(self, work: Callable[[SessionInfo], object]) -> None:
        """Do ``work`` with the session under the cursor, in the list of what was typed so far."""
        if self._words != self.listing.searched:
            self.listing.expect()  # that it was typed is a message on its way

        def do() -> None:
            if (info := self.listing.session) is not None and self.is_attached:
                work(info)

        self.listing.when_settled(do)

    def action_close(self) -> None:
        if self.source.in_trash:
            self.action_trash()
        else:
            self.dismiss()

    def action_continue(self) -> None:
        self._with_session(self._continue)

    def _continue(self, info: SessionInfo) -> None:
        if written_here(self.app, info.id) is None:
            self.app.post_message(OpenSession(info.id))
        self.dismiss()

    def action_replay(self) -> None:
        from minicpm_tui.ui.sessions.replay import ReplayScreen

        self._with_session(lambda info: self.app.push_screen(ReplayScreen(self._folder(info))))

    def action_rerun(self) -> None:
        from minicpm_tui.ui.sessions.rerun import RerunScreen

        self._with_session(lambda info: self.app.push_screen(RerunScreen(self._folder(info)), self._rerun_ended))

    def _rerun_ended(self, _result: None) -> None:
        """There may be a new session."""
        if self.is_attached:
            self._start()

    def action_trash(self) -> None:
        self.source.in_trash = not self.source.in_trash
        self.source.forget()
        self.query_one("#search", Input).value = ""  # what was looked for here says nothing about what is there
        self.query_one("#search").border_title = _("Trash") if self.source.in_trash else _("Sessions")
        self.listing.begin_anew()
        self._typed()

    def action_rename(self) -> None:
        self._with_session(self._rename_asked)

    @work(group="window", exclusive=True)
    async def _rename_asked(self, info: SessionInfo) -> None:
        title = await dialogs.ask_title(self.app, info)
        if title is not None:
            await self._ask(lambda library: self.source.rename(library, info, title, written_here(self.app, info.id)))
            await self._fill()

    def action_export(self) -> None:
        self._with_session(self._export_asked)

    @work(group="window", exclusive=True)
    async def _export_asked(self, info: SessionInfo) -> None:
        from minicpm_tui.ui.sessions import exporting

        journal = await self._ask(lambda library: self.source.reader(library, info))
        if journal is not None:
            await exporting.export(self.app, journal)

    def action_delete(self) -> None:
        self._with_session(self._delete)

    @work(group="window")
    async def _delete(self, info: SessionInfo) -> None:
        if written_here(self.app, info.id) is not None:
            if not await dialogs.ask_to_leave(self.app, info):
                return
            if (conversation := conversation_of(self.app)) is not None:
                await conversation.open_new()
        if await self._change(lambda library: library.delete(info.id)):
            self.notify(_("Moved to the trash; ^T shows it"), timeout=4, markup=False)

    def action_restore(self) -> None:
        self._with_session(lambda info: self.run_worker(self._restored(info), group="window"))

    def action_restore_asked(self) -> None:
        self._with_session(self._ask_to_restore)

    @work(group="window")
    async def _ask_to_restore(self, info: SessionInfo) -> None:
        answer = await dialogs.ask_to_restore(self.app, info)
        if answer and await self._restored(info) and answer == "continue":
            self._continue(info)

    async def _restored(self, info: SessionInfo) -> bool:
        restored = await self._change(lambda library: library.restore(info.id))
        if restored:
            self.notify(_("Restored to the sessions: {title}").format(title=one_line(info.title, 60)), timeout=4, markup=False)
        return bool(restored)

    async def _change(self, work: Callable[[Library], str]) -> str | None:
        """Do ``work``, which takes a session out of the list, and show the others."""
        self.listing.expect()
        done = await self._ask(work)
        self.source.forget()
        await self._fill()
        return done

    def _folder(self, info: SessionInfo) -> Path | None:
        return self._library.folder / info.id if self._library is not None else None
