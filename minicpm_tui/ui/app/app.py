"""The app with a conversation: wires what panes and screens ask of each other."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Collection, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual.screen import Screen
from textual.types import CSSPathType

from minicpm_tui.i18n import _
from minicpm_tui.ui.app import screens
from minicpm_tui.ui.app.app_base import AppBase
from minicpm_tui.ui.chat.screen import ChatScreen
from minicpm_tui.ui.chat.shown_conversation import ShownConversation
from minicpm_tui.ui.kit.commands import Command, bindings
from minicpm_tui.ui.kit.messages import (
    Attach,
    BatchNews,
    OpenSession,
    ServerLoading,
    ServerLost,
    StartBatch,
    UseServer,
    Writable,
    WriteText,
)
from minicpm_tui.ui.kit.start_options import Launch
from minicpm_tui.ui.terminal.graphics.query import Terminal
from minicpm_tui.ui.terminal.hangup import terminal_gone

if TYPE_CHECKING:
    from minicpm_tui.servers.local import LocalServer
    from minicpm_tui.ui.kit.help import Place


class MinicpmApp(AppBase):
    """minicpm-tui in the terminal. Ends with the exit status."""

    CSS_PATH: ClassVar[CSSPathType] = ["app.tcss", "../chat/screen.tcss"]  # Textual does not load the default screen's own file
    BINDINGS = bindings(screens.COMMANDS)

    def __init__(self, launch: Launch | None = None, terminal: Terminal | None = None) -> None:
        super().__init__(launch, terminal)
        self.chat = ChatScreen(self.launch)
        self.conversation = ShownConversation(self.chat)
        self._entered_for_batch: dict[str, str] = {}

    @property
    def awaits_field(self) -> bool:
        """The composer is not there yet."""
        return not self.chat.talk.writable

    @property
    def server_in_use(self) -> LocalServer | None:
        """The server of ours that the conversation goes to."""
        connection = self.chat.model.connection
        return connection.server if connection else None

    def declared(self) -> tuple[Command, ...]:
        return (*self.DECLARED, *screens.COMMANDS)

    def get_default_screen(self) -> Screen[None]:
        return self.chat

    # -- what panes and screens ask for ---------------------------------------------------------------------------------------

    async def on_writable(self, event: Writable) -> None:
        event.stop()
        await self.take_input()
        self.run_worker(self._follow_batches(), group="outlived")

    async def _follow_batches(self) -> None:
        """Those that go on since the program was left, or were begun elsewhere."""
        recent = await asyncio.to_thread(import_module, "minicpm_tui.batch.run.recent")
        if not await asyncio.to_thread(recent.locked):  # the screens of batches are not loaded for nothing
            return
        await asyncio.to_thread(import_module, "minicpm_tui.ui.batch.outlived")  # keys are taken meanwhile
        from minicpm_tui.ui.batch.outlived import follow

        await follow(self)

    def on_open_session(self, event: OpenSession) -> None:
        self.run_worker(self.chat.switchboard.open_session(event.session_id), group="session")

    def on_use_server(self, event: UseServer) -> None:
        self.run_worker(self.chat.switchboard.use(event), group="connect")

    def on_server_loading(self, event: ServerLoading) -> None:
        self.chat.switchboard.expect(event)

    def on_server_lost(self, event: ServerLost) -> None:
        self.chat.switchboard.lose(event)

    async def on_attach(self, event: Attach) -> None:
        await self.chat.talk.attach(event.what)
        self.chat.action_compose()

    def on_app_focus(self) -> None:
        if self.chat.is_attached and self.chat.talk.furnished:
            self.chat.talk.receiving.used()

    def on_write_text(self, event: WriteText) -> None:
        self.chat.talk.composer.insert(event.text)
        self.chat.action_compose()

    def on_start_batch(self, event: StartBatch) -> None:
        self.run_worker(self._start_batch(event), group="window", exclusive=True)

    async def _start_batch(self, event: StartBatch) -> None:
        await asyncio.to_thread(import_module, "minicpm_tui.ui.batch.starting")  # keys are taken meanwhile
        from minicpm_tui.ui.batch.commands import show
        from minicpm_tui.ui.batch.starting import ask

        model = self.chat.model
        process = await ask(
            self,
            event.paths,
            self._entered_for_batch,
            model.connection,
            model.options,
            self.launch.config,
            demo=model.connector.talks_with_demo,
        )
        if process is not None:
            show(self, process.run)

    def on_batch_news(self, event: BatchNews) -> None:
        self.chat.model.batch = event.words
        self.chat.show_status()
        if event.ended:
            self.notify(event.ended, severity="warning" if event.failed else "information", timeout=10, markup=False)

    # -- commands -------------------------------------------------------------------------------------------------------------

    def action_help_quit(self) -> None:
        """^C with nothing selected: stop a reply, else say how to quit."""
        if self.chat.talk.running:
            self.chat.talk.stop()
        else:
            self.notify(_("^Q quits"), timeout=3, markup=False)

    def other_places(self, here: Collection[Command]) -> Sequence[Place]:
        """What F1 lists beside the commands in reach: the places of the chat screen that have others."""
        from minicpm_tui.ui.chat.places import elsewhere

        return elsewhere(here) if self.screen is self.chat else ()

    def action_start_batch(self) -> None:
        self.post_message(StartBatch())

    def action_export(self) -> None:
        """Write the open conversation into a file."""
        from minicpm_tui.ui.sessions import exporting

        if (journal := self.chat.model.journal) is not None:
            self.run_worker(exporting.export(self, journal), group="window", exclusive=True)

    async def action_quit(self) -> None:
        self.run_worker(self._ask_and_quit(), group="quit", exclusive=True)

    async def _ask_and_quit(self) -> None:
        """Quit, after asking when a reply streams, or a batch or a server of ours runs."""
        if not await self.chat.may_leave():
            return
        if not await self._may_leave_batches():
            return
        from minicpm_tui.ui.server import keep_or_stop

        if await keep_or_stop.ask(self, self.server_in_use):
            await self._close(0)

    async def _may_leave_batches(self) -> bool:
        """No batch runs here, or the user says what becomes of it."""
        from minicpm_tui.ui.batch.process import running

        if not running():
            return True
        from minicpm_tui.ui.batch.starting import may_leave

        return await may_leave(self)

    async def _close(self, status: int) -> None:
        """Keep what is written and what has arrived, and end with ``status``; batches outlive the terminal."""
        if status == 128 + signal.SIGHUP:
            from minicpm_tui.ui.batch.process import let_go

            let_go()
        await self.chat.close()
        if status == 128 + signal.SIGHUP and terminal_gone(0):
            os._exit(status)  # Textual would wait for ever for its writes to a terminal that is not there
        self.exit(status, return_code=status)

    def end_by(self, number: signal.Signals) -> None:
        """The terminal is gone, or we are told to end: what was written and what had arrived is kept."""
        self.run_worker(self._close(128 + number), group="quit", exclusive=True)

    def keep_draft(self) -> None:
        """Write what stands in the composer to the disk (blocks)."""
        self.chat.keep_draft()
