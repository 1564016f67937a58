"""The library: every saved conversation, found as you type."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Input, Static

from minicpm_tui.errors import MinicpmTuiError, SessionError
from minicpm_tui.i18n import N_, _, ngettext
from minicpm_tui.sessions.library import MOST_HITS, Library, SearchHit
from minicpm_tui.sessions.summary import SessionInfo
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit.commands import SESSIONS, Command, Commanded, bindings
from minicpm_tui.ui.kit.dialogs import Choice, Choose, Line
from minicpm_tui.ui.kit.hint_bar import HintBar
from minicpm_tui.ui.kit.messages import OpenSession
from minicpm_tui.ui.sessions.preview import PicturePreview
from minicpm_tui.ui.sessions.session_list import SessionList

if TYPE_CHECKING:
    from minicpm_tui.sessions import Journal

_T = TypeVar("_T")
_FIRST = 200
_LOW = 18
"""Rows; a lower terminal shows no pictures here."""


def _some(screen: Any) -> bool:
    return bool(screen.listing.current)


def _here(screen: Any) -> bool:
    """A session that is not in the trash."""
    return _some(screen) and not screen.in_trash


def _trashed(screen: Any) -> bool:
    return _some(screen) and bool(screen.in_trash)


def _command(action: str, title: str, help_text: str, *keys: str, **more: Any) -> Command:
    return Command(action, title, help_text, keys=keys, group=SESSIONS, **more)


COMMANDS = (
    _command("continue", N_("Continue"), N_("Go on with this conversation"), "enter", hint=N_("Continue"), when=_here),
    _command("close", N_("Close"), N_("Back to the conversation"), "escape", hint=N_("Back"), palette=False),
    _command("replay", N_("Replay"), N_("Play it with its own timing"), "ctrl+r", hint=N_("Replay"), priority=True, when=_here),
    _command("rerun", N_("Rerun"), N_("Ask its questions again and compare"), "f5", hint=N_("Rerun"), priority=True, when=_here),
    _command("rename", N_("Rename"), N_("Give it a title"), "f2", hint=N_("Rename"), priority=True, when=_here),
    _command(
        "export", N_("Export"), N_("Write it as Markdown, HTML, JSON …"), "f6", hint=N_("Export"), priority=True, when=_here
    ),
    _command("delete", N_("Delete"), N_("Move it to the trash"), "ctrl+d", hint=N_("Delete"), priority=True, when=_here),
    _command(
        "restore", N_("Restore"), N_("Bring it back from the trash"), "ctrl+d", hint=N_("Restore"), priority=True, when=_trashed
    ),
    _command("trash", N_("Trash"), N_("Show what was deleted, or the sessions again"), "ctrl+t", hint=N_("Trash"), priority=True),
    _command("move(-1)", N_("Up"), N_("The session above"), "up", palette=False),
    _command("move(1)", N_("Down"), N_("The session below"), "down", palette=False),
    _command("pages(-1)", N_("Page up"), N_("A page up"), "pageup", palette=False),
    _command("pages(1)", N_("Page down"), N_("A page down"), "pagedown", palette=False),
)


class LibraryScreen(Commanded, Screen[None]):
    """Shows the index at once, brings it up to date in the background, and narrows the list while one types."""

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)
    DEFAULT_CSS = """
    LibraryScreen #search { height: 3; border: round $primary; border-title-color: $primary; border-subtitle-color: $text-muted; }
    LibraryScreen #state { height: auto; padding: 0 1; display: none; }
    LibraryScreen.-low PicturePreview { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.listing = SessionList()
        self.in_trash = False
        self.ready = False
        self._library: Library | None = None
        self._deleted: list[SessionInfo] | None = None  # read once each time the trash is shown: there is no index of it

    def compose(self) -> ComposeResult:
        yield Input(id="search", placeholder=_("type to search titles and texts"))
        yield self.listing
        yield PicturePreview()
        yield Static(id="state", classes="muted", markup=False)
        yield HintBar()

    def on_mount(self) -> None:
        self.query_one("#search").border_title = _("Sessions")
        self._start()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < _LOW, "-low")

    def on_unmount(self) -> None:
        if self._library is not None:
            self._library.close()

    @work(group="start", exclusive=True)
    async def _start(self) -> None:
        """Show what the index knows, then what the folders say."""
        self.ready = False
        try:
            library = self._library if self._library is not None else await asyncio.to_thread(Library)
            self._library = library
            await self._fill(_FIRST)
            await asyncio.to_thread(library.reconcile, progress=self._progress, cancelled=lambda: not self.is_attached)
        except MinicpmTuiError as error:
            self._say(error)
        if self.is_attached:
            self.ready = True
            self._tell("")
            await self._fill()

    def _progress(self, done: int, total: int) -> None:
        """Called from the reading thread."""
        if total > _FIRST and done % 100 < 10:
            text = _("reading the sessions: {done} of {total}").format(done=done, total=total)
            self.app.call_later(self._show_progress, text)

    async def _show_progress(self, text: str) -> None:
        if self.is_attached and not self.ready:
            self._tell(text)
            await self._fill(_FIRST)

    def _tell(self, text: str) -> None:
        """Say what goes on under the list; nothing takes no room."""
        state = self.query_one("#state", Static)
        state.update(text)
        state.display = bool(text)

    async def _fill(self, limit: int = -1) -> None:
        """Show what the library has for the text in the search field."""
        words = self.query_one("#search", Input).value
        hits = await self._ask(lambda library: self._found(library, words, limit))
        if self.is_attached and hits is not None and words == self.query_one("#search", Input).value:
            empty = (
                _("Nothing found.")
                if words.strip()
                else _("The trash is empty.")
                if self.in_trash
                else _("No saved sessions yet.")
            )
            self.listing.show(hits, empty if self.ready or words.strip() else "", words)
            text = ngettext("{count} session", "{count} sessions", len(hits))
            if words.strip() and len(hits) == MOST_HITS:
                text = _("the newest {count}")
            self.query_one("#search").border_subtitle = text.format(count=len(hits))
            self.refresh_bindings()

    def _found(self, library: Library, words: str, limit: int) -> list[SearchHit]:
        if self.in_trash:
            wanted = words.casefold().split()
            self._deleted = library.trash() if self._deleted is None else self._deleted
            return [SearchHit(info, "", "") for info in self._deleted if all(each in info.title.casefold() for each in wanted)]
        return library.search(words, limit) if not words.strip() else library.search(words)

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
            self.notify(one_line(error.info.line()), severity="warning", timeout=10, markup=False)

    @on(Input.Changed, "#search")
    def _typed(self) -> None:
        self._narrow()

    @work(group="fill", exclusive=True)
    async def _narrow(self) -> None:
        """Show what fits the search field; read the folders again when the index turns out to be damaged."""
        await self._fill()
        if self.ready and self._library is not None and not self._library.complete:
            self._start()

    @on(Input.Submitted, "#search")
    def _entered(self) -> None:
        self.action_continue()

    @on(SessionList.Chosen)
    def _clicked(self) -> None:
        self.action_continue()

    @on(SessionList.Highlighted)
    def _highlighted(self, event: SessionList.Highlighted) -> None:
        if self._library is not None:
            folder = self._library.trash_folder if self.in_trash else self._library.folder
            self.query_one(PicturePreview).show(folder, event.info)
        self.refresh_bindings()

    # -- commands -------------------------------------------------------------------------------------------------------------

    def action_close(self) -> None:
        self.dismiss()

    def action_move(self, step: int) -> None:
        self.listing.move(step)

    def action_pages(self, step: int) -> None:
        self.listing.move_pages(step)

    def action_continue(self) -> None:
        info = self.listing.current
        if info is None or self.in_trash:
            return
        if self._open_journal(info) is None:
            self.app.post_message(OpenSession(info.id))
        self.dismiss()

    def action_replay(self) -> None:
        from minicpm_tui.ui.sessions.replay import ReplayScreen

        if (folder := self._folder()) is not None:
            self.app.push_screen(ReplayScreen(folder))

    def action_rerun(self) -> None:
        from minicpm_tui.ui.sessions.rerun import RerunScreen

        if (folder := self._folder()) is not None:
            self.app.push_screen(RerunScreen(folder))

    def action_trash(self) -> None:
        self.in_trash = not self.in_trash
        self._deleted = None
        self.query_one("#search").border_title = _("Trash") if self.in_trash else _("Sessions")
        self._typed()

    @work(group="window", exclusive=True)
    async def action_rename(self) -> None:
        if (info := self.listing.current) is None:
            return
        title = await self.app.push_screen_wait(Line(_("Title"), info.title, placeholder=_("empty: its first words")))
        if title is not None:
            await self._ask(lambda library: self._rename(library, info, title))
            await self._fill()

    @work(group="window", exclusive=True)
    async def action_export(self) -> None:
        from minicpm_tui.sessions.export import FORMATS

        if (info := self.listing.current) is None:
            return
        names = {"md": _("Markdown, attachments beside it"), "html": _("one web page"), "json": _("OpenAI messages"),
                 "jsonl": _("the journal"), "cast": _("asciinema recording"), "tar.gz": _("everything")}  # fmt: skip
        chosen = await self.app.push_screen_wait(Choose(_("Export as"), [Choice(name, name, names[name]) for name in FORMATS]))
        if chosen is None:
            return
        path = await self.app.push_screen_wait(Line(_("Write to"), f"{info.id}.{chosen}"))
        if path:
            await self._export(info, chosen, path)

    def _rename(self, library: Library, info: SessionInfo, title: str) -> None:
        """Name a session, also the one that this program is writing."""
        if (journal := self._open_journal(info)) is not None:
            journal.set_title(title)
            library.touch(info.id)
        else:
            library.rename(info.id, title)

    def _open_journal(self, info: SessionInfo) -> Journal | None:
        """The journal of ``info`` when that is the conversation that is open here for writing."""
        journal: Journal | None = getattr(self.app, "chat").talk.journal  # noqa: B009 - only the whole app has a conversation
        return journal if journal is not None and journal.id == info.id and not journal.read_only else None

    async def _export(self, info: SessionInfo, name: str, path: str) -> None:
        if self._library is None:
            return
        try:
            await asyncio.to_thread(_write, self._library.folder / info.id, name, Path(path))
        except MinicpmTuiError as error:
            self._say(error)
        else:
            self.notify(_("Exported to {path}").format(path=one_line(path)), markup=False)

    @work(group="change")
    async def action_delete(self) -> None:
        if (info := self.listing.current) is None:
            return
        if await self._ask(lambda library: library.delete(info.id)):
            self.listing.step_off()
            self.notify(_("Moved to the trash; ^T shows it"), timeout=4, markup=False)
        await self._fill()

    @work(group="change")
    async def action_restore(self) -> None:
        if (info := self.listing.current) is None:
            return
        if await self._ask(lambda library: library.restore(info.id)):
            self.listing.step_off()
        self._deleted = None
        await self._fill()

    def _folder(self) -> Path | None:
        info = self.listing.current
        return self._library.folder / info.id if info is not None and self._library is not None else None


def _write(folder: Path, name: str, path: Path) -> None:
    from minicpm_tui.sessions import Journal
    from minicpm_tui.sessions.export import export

    path = path.expanduser()
    if path.exists():
        raise SessionError(str(path), title=_("There is a file of this name already"), hint=_("choose another name"))
    with Journal.open(folder, read_only=True) as journal:
        export(journal, name, path)
