"""Asks a saved session's questions again and shows both answers side by side."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import N_, _
from minicpm_tui.messages import Delta, Notice
from minicpm_tui.sessions.rerun_of import RERUN_OF
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit.commands import SESSIONS, Command, Commanded, bindings
from minicpm_tui.ui.kit.dialogs import Ask
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.hint_bar import HintBar
from minicpm_tui.ui.kit.messages import OpenSession
from minicpm_tui.ui.kit.open_conversation import conversation_of
from minicpm_tui.ui.sessions.compared import ComparedTurn

if TYPE_CHECKING:
    from minicpm_tui.chat.rerun import Rerun
    from minicpm_tui.chat.session import ChatSession
    from minicpm_tui.sessions import Journal

_GROW_SECONDS = 0.2


def _running(screen: RerunScreen) -> bool:
    return bool(screen.running)


def _done(screen: RerunScreen) -> bool:
    return not screen.running and screen.saved is not None


COMMANDS = (
    Command("stop", N_("Stop"), N_("Stop asking; what has arrived is kept"), ("escape",), N_("Stop"), SESSIONS, _running),
    Command("open_new", N_("Open"), N_("Continue the new session"), ("enter", "o"), N_("Open"), SESSIONS, _done),
    Command("close", N_("Close"), N_("Leave the comparison"), ("escape", "q"), N_("Back"), SESSIONS),
)


class RerunScreen(Commanded, Screen[None]):
    """Reruns the session in ``folder``, or the one that is open, with the model that the app talks with."""

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)
    DEFAULT_CSS = """
    RerunScreen #title { height: 1; padding: 0 1; background: $panel; text-style: bold; text-wrap: nowrap; }
    RerunScreen #title { text-overflow: ellipsis; }
    RerunScreen #turns { height: 1fr; padding: 0 1; }
    RerunScreen #state { height: auto; padding: 0 1; color: $text-muted; }
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder
        self._session: ChatSession | None = None
        self.running = False
        self.saved: str | None = None

    def compose(self) -> ComposeResult:
        yield Static(_("Rerun"), id="title", markup=False)
        yield VerticalScroll(id="turns")
        yield Static(id="state", markup=False)
        yield HintBar()

    def on_mount(self) -> None:
        self.query_one("#turns").focus()
        self._start()

    @property
    def turns(self) -> list[ComparedTurn]:
        """What is shown so far."""
        return list(self.query(ComparedTurn))

    def _say(self, text: str) -> None:
        if self.is_attached:
            self.query_one("#state", Static).update(one_line(text))

    @work(group="rerun", exclusive=True)
    async def _start(self) -> None:
        try:
            source = await asyncio.to_thread(self._source)
            if source is None:
                self._say(_("This conversation is not saved"))
                return
            first = source.settings.get(RERUN_OF)
            how = await self._how(compared=isinstance(first, str))
            if how == "compare":
                await self._compare(source, str(first))
            elif how is not None:
                await self._rerun(source, keep_history=how == "keep")
            else:
                self.dismiss()
        except MinicpmTuiError as error:
            self._say(error_line(error.info))

    def _source(self) -> Journal | None:
        from minicpm_tui.sessions import Journal

        folder = self._folder
        if folder is None:
            conversation = conversation_of(self.app)
            journal = conversation.journal if conversation else None
            folder = journal.path if journal is not None and journal.saved else None
        return Journal.open(folder, read_only=True) if folder is not None else None

    async def _how(self, *, compared: bool) -> str | None:
        """``new``, ``keep`` (the history) or ``compare``; None when the user leaves or nobody can be asked."""
        conversation = conversation_of(self.app)
        connection = conversation.connection if conversation else None
        answers = [("compare", _("Compare"))] if compared else []
        if connection is not None:
            answers += [("new", _("New answers")), ("keep", _("Recorded history"))]
            question = _("Ask all questions again with {model}? Each can follow the new answers or the recorded ones.")
            text = question.format(model=one_line(connection.model))
        else:
            text = _("There is no server yet: F4 chooses one")
        answer: str | None = await self.app.push_screen_wait(Ask(text, (*answers, ("close", _("Cancel")))))
        return None if answer == "close" else answer

    async def _compare(self, rerun: Journal, first: str) -> None:
        """Show a saved rerun beside the session it came from."""
        from minicpm_tui.chat.rerun_compare import overall, saved
        from minicpm_tui.sessions import Journal

        source = await asyncio.to_thread(Journal.open, first, read_only=True)
        found = await asyncio.to_thread(saved, rerun, source)
        self.query_one("#title", Static).update(one_line(rerun.title))
        for each in found:
            turn = ComparedTurn(each.question, each.recorded)
            await self.query_one("#turns").mount(turn)
            turn.finish(each)
        self.saved = rerun.id
        self._say(overall(found))
        self.refresh_bindings()

    async def _rerun(self, source: Journal, *, keep_history: bool) -> None:
        from minicpm_tui.chat.options import options_for
        from minicpm_tui.chat.rerun import Rerun
        from minicpm_tui.chat.rerun_compare import overall
        from minicpm_tui.chat.session import ChatSession
        from minicpm_tui.sessions import Journal

        conversation = conversation_of(self.app)
        connection = conversation.connection if conversation else None
        if conversation is None or connection is None:
            return  # it was lost while the question showed
        options = options_for(conversation.config, source.settings, connection.model)
        session = self._session = ChatSession(Journal.create(), connection, options)
        title = _("Rerun: {title} · {model}").format(title=source.title, model=connection.model)
        self.query_one("#title", Static).update(one_line(title))
        self.running = True
        self.refresh_bindings()
        try:
            await self._follow(Rerun(source, session, keep_history=keep_history))
        finally:
            self.running = False
            await session.aclose()
        if session.journal.saved:
            self.saved = session.journal.id
            said = _("Saved as {id}").format(id=session.journal.id)
            whole = overall([turn.comparison for turn in self.turns if turn.comparison])
            self._say(" · ".join(filter(None, [whole, said])))
        self.refresh_bindings()

    async def _follow(self, rerun: Rerun) -> None:
        from minicpm_tui.chat.rerun import TurnBegan, TurnEnded
        from minicpm_tui.chat.rerun_compare import answer, compare

        turn: ComparedTurn | None = None
        came, shown = "", 0.0
        async with aclosing(rerun.run()) as events:
            async for event in events:
                match event:
                    case TurnBegan():
                        turn = ComparedTurn(event.turn.question.text, answer(event.turn.recorded))
                        await self.query_one("#turns").mount(turn)
                        turn.scroll_visible(animate=False)
                        self._say(_("turn {number} of {total}").format(number=event.index + 1, total=event.total))
                        came, shown = "", 0.0
                    case Delta() if turn is not None and event.kind == "content":
                        came += event.text
                        if event.at - shown > _GROW_SECONDS:
                            turn.grow(came)
                            came, shown = "", event.at
                    case TurnEnded() if turn is not None:
                        turn.finish(await asyncio.to_thread(compare, event.turn, event.new))
                    case Notice():
                        self.notify(one_line(event.text), timeout=8, markup=False)
                    case _:
                        pass

    async def on_unmount(self) -> None:
        if self._session is not None:
            self._session.cancel()

    # -- commands -------------------------------------------------------------------------------------------------------------

    def action_stop(self) -> None:
        if self._session is not None:
            self._session.cancel()

    def action_open_new(self) -> None:
        if self.saved is not None:
            self.app.post_message(OpenSession(self.saved))
        while len(self.app.screen_stack) > 2:
            self.app.pop_screen()
        self.dismiss()

    def action_close(self) -> None:
        self.dismiss()
