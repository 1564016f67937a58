"""The chat screen: files on the left, the conversation with the composer under it, the server on the right."""

from __future__ import annotations

import asyncio
import gc
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.reactive import reactive
from textual.widget import Widget

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.ui.chat.commands import COMMANDS
from minicpm_tui.ui.chat.model import Current
from minicpm_tui.ui.chat.pane import TalkPane
from minicpm_tui.ui.chat.panes import NARROW, Pane, Panes
from minicpm_tui.ui.chat.status import status_of
from minicpm_tui.ui.chat.status_line import StatusLine
from minicpm_tui.ui.chat.welcome import Welcome
from minicpm_tui.ui.kit import ui_state
from minicpm_tui.ui.kit.commands import Commanded, bindings
from minicpm_tui.ui.kit.hint_bar import HintBar
from minicpm_tui.ui.kit.messages import CopyText, ServerLoading, ServerLost, UseServer
from minicpm_tui.ui.kit.start_options import Launch
from minicpm_tui.ui.kit.ui_state import UiState
from minicpm_tui.ui.terminal.output.blank import Blank
from minicpm_tui.ui.terminal.output.lean import LeanScreen

if TYPE_CHECKING:
    from minicpm_tui.ui.conversation.messages import (
        CopyRequested,
        EditRequested,
        LinkClicked,
        RegenerateRequested,
        SiblingRequested,
    )
    from minicpm_tui.ui.files.pane import FilePane

LAZY: dict[Pane, str] = {
    "files": "minicpm_tui.ui.files.pane:FilePane",
    "server": "minicpm_tui.ui.server.panel:ServerPanel",
}
"""The widgets inside the side panes, imported when they are first shown. They fill their pane and focus what they want."""


class Columns(Blank, Horizontal):
    """The panes side by side."""


class ChatScreen(Commanded, LeanScreen[None]):
    """Where a user talks with the model. Connects the panes to a ChatSession."""

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)

    panes: reactive[Panes] = reactive(Panes(), init=False)

    def __init__(self, launch: Launch) -> None:
        super().__init__()
        self.launch = launch
        self.current = Current(launch)
        self.state = ui_state.load()
        self.set_reactive(ChatScreen.panes, Panes(self.state.files, self.state.server))

    def compose(self) -> ComposeResult:
        self.talk = TalkPane()
        panes = (Vertical(id="files", classes="side"), self.talk, Vertical(id="server", classes="side"))
        shown = self.panes.shown(self.app.size.width)
        for pane in panes:
            pane.display = pane.id in shown  # from the first paint on
        yield Columns(*panes, id="panes")
        yield StatusLine()
        yield HintBar()

    def on_mount(self) -> None:
        self.query_one("#files").border_title = _("Files")
        self.query_one("#server").border_title = _("Server")
        self.talk.composer.focus()
        self.call_after_refresh(self.start)

    # -- panes ----------------------------------------------------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        self.show_panes(event.size.width)
        self.set_class(event.size.height < 12, "-low")
        self.set_class(event.size.width < NARROW, "-narrow")

    def watch_panes(self, panes: Panes) -> None:
        self.show_panes(self.size.width)
        self.keep(msgspec.structs.replace(self.state, files=panes.files, server=panes.server))

    @work(thread=True, exclusive=True, group="state")
    def keep(self, new: UiState) -> None:
        """Remember how the screen looks."""
        if new != self.state:
            self.state = new
            ui_state.save(new)

    def on_file_pane_moved(self, event: FilePane.Moved) -> None:
        self.keep(self.state.with_folder(Path.cwd(), event.folder))

    def show_panes(self, columns: int) -> None:
        """Show the panes that fit in ``columns``."""
        shown = self.panes.shown(columns)
        for pane in ("files", "talk", "server"):
            self.query_one(f"#{pane}").display = pane in shown
        for pane in shown & LAZY.keys():
            self.call_after_refresh(self._fill, pane)

    def _fill(self, pane: Pane) -> None:
        slot = self.query_one(f"#{pane}")
        if slot.is_attached and not slot.children:
            module, _colon, name = LAZY[pane].partition(":")
            widget = getattr(importlib.import_module(module), name)()
            assert isinstance(widget, Widget)
            slot.mount(widget)

    def action_pane(self, pane: Pane) -> None:
        """Show ``pane`` and go there; from inside it, hide it."""
        slot = self.query_one(f"#{pane}")
        if slot.display and self.focused is not None and slot in self.focused.ancestors:
            self.panes = self.panes.without(pane)
            self.action_compose()
            return
        self.panes = self.panes.toward(pane)
        self._fill(pane)
        self.call_after_refresh(self._enter, pane)

    def _enter(self, pane: Pane) -> None:
        inside = [widget for widget in self.query_one(f"#{pane}").query("*") if widget.focusable]
        if inside:
            first = next((widget for widget in inside if widget.has_class("first")), inside[0])
            first.focus()

    def action_compose(self) -> None:
        """Back to writing; what was said has been read."""
        self.app.clear_notifications()
        self.panes = self.panes.toward("talk")
        self.talk.composer.focus()

    def on_screen_resume(self) -> None:
        """What was done in another screen may be to this conversation: its title."""
        self.show_status()

    def action_clear_notices(self) -> None:
        self.app.clear_notifications()

    def action_tray(self) -> None:
        self.talk.tray.enter()

    def action_read(self) -> None:
        self.talk.pane.focus()

    # -- the conversation and its server --------------------------------------------------------------------------------------

    @work(group="start")
    async def start(self) -> None:
        """After the first paint: the conversation that was asked for, then the server."""
        gc.enable()
        gc.freeze()  # what was imported stays; it need not be looked at again
        await self.talk.furnish()
        await self.talk.drafting.restore()
        await self.open_session(self.launch.session, latest=self.launch.resume)
        await self.connect(demo=self.launch.demo)

    async def open_session(self, session_id: str = "", *, latest: bool = False) -> None:
        """Show a saved conversation, or a new one."""
        try:
            journal = await asyncio.to_thread(self.current.find, session_id, latest=latest)
        except MinicpmTuiError as error:
            self.talk.say(error.info.line(), seconds=15)
            if self.current.journal is None and (session_id or latest):
                await self.open_session()
            return
        self.talk.leave()
        await self.current.enter(journal)
        self.talk.show(journal)
        self.talk.use(self.current.session)
        self.show_status()

    async def connect(self, wish: UseServer | None = None, *, demo: bool = False) -> None:
        """Talk with ``wish``, the demo server, or the one that the settings name."""
        self.talk.expecting = True
        self.current.link.trying = True
        self.show_status()
        fine = await self.current.connect(wish, demo=demo)
        self.talk.expecting = False
        if fine:
            self.talk.use(self.current.session)
        else:
            self.talk.not_connected(self.current.link.problem)
        self.show_status()

    def expect(self, loading: ServerLoading) -> None:
        """A server is loading: where there is none to talk with, this is the one that is waited for."""
        self.current.link.expect(loading)
        self.show_status()

    def lose(self, lost: ServerLost) -> None:
        """The server has ended: if it is the one that is talked with, the status says so at once."""
        self.current.link.lose(lost.url, lost.problem)
        self.show_status()

    @on(TalkPane.Progress)
    def show_status(self) -> None:
        """Bring the status line, the welcome and the hints up to date."""
        lines = self.query(StatusLine)
        if not lines:  # the program is ending
            return
        lines.first().status = status_of(self.current, self.talk)
        welcome = self.query_one(Welcome)
        connection = self.current.link.connection
        welcome.model = connection.model if connection else ""
        welcome.problem = self.current.link.problem
        welcome.awaited = self.current.link.loading.model if self.current.link.loading else ""
        welcome.link = "ready" if self.current.link.stands else "connecting" if self.current.link.trying else "failed"
        self.refresh_bindings()

    @on(TalkPane.NoServer)
    def _no_server(self) -> None:
        self.talk.say(self.current.link.problem or _("There is no server to ask yet: F4 chooses one"))

    @on(TalkPane.Replied)
    def _replied(self, event: TalkPane.Replied) -> None:
        self.current.link.heard(event.end)
        self.show_status()
        limit = self.launch.config.settings.bell_seconds
        if limit and event.end.seconds >= limit:
            self.app.bell()

    # -- what the conversation pane asks for ----------------------------------------------------------------------------------

    def on_copy_requested(self, event: CopyRequested) -> None:
        self.post_message(CopyText(event.text))

    def on_edit_requested(self, event: EditRequested) -> None:
        self.talk.edit(event.message_id)

    def on_regenerate_requested(self, event: RegenerateRequested) -> None:
        self.talk.sending.again(event.message_id)

    def on_sibling_requested(self, event: SiblingRequested) -> None:
        self.talk.step(event.message_id, event.step)

    def on_link_clicked(self, event: LinkClicked) -> None:
        self.post_message(CopyText(event.href, _("the address")))

    # -- commands -------------------------------------------------------------------------------------------------------------

    def action_stop(self) -> None:
        self.talk.sending.stop()

    def action_leave_edit(self) -> None:
        self.talk.editing.end()

    def action_retry(self) -> None:
        self.talk.sending.again()

    def action_edit_last(self) -> None:
        if last := self.talk.last_question:
            self.talk.edit(last)

    def action_copy_reply(self) -> None:
        self.post_message(CopyText(self.talk.pane.excerpts.reply(), _("the reply")))

    def action_copy_code(self) -> None:
        if code := self.talk.pane.excerpts.code_block():
            self.post_message(CopyText(code, _("the code block")))
        else:
            self.talk.say(_("There is no code block in this conversation"))

    def action_look(self) -> None:
        """Show the pictures of the message under the cursor, or of the last one that has some."""
        from minicpm_tui.ui.viewer.of_message import of_message
        from minicpm_tui.ui.viewer.screen import Viewer

        journal, message = self.talk.journal, self.talk.pictured
        if journal is not None and message is not None:
            connection = self.current.link.connection
            if views := of_message(message, journal, connection):
                self.app.push_screen(Viewer(views))

    def action_fit(self) -> None:
        self.talk.fit_line.apply()

    def action_find(self) -> None:
        self.talk.find_bar.open()

    def action_close_find(self) -> None:
        self.talk.find_bar.close()
        self.action_compose()

    def action_new(self) -> None:
        self.run_worker(self.open_session(), group="start")
        self.action_compose()

    def action_demo(self) -> None:
        self.run_worker(self.connect(demo=True), group="start")

    def action_reconnect(self) -> None:
        self.run_worker(self.connect(demo=self.current.link.demo is not None), group="start")

    def action_choose_server(self) -> None:
        from minicpm_tui.ui.chat import wishes

        self.run_worker(wishes.choose_server(self), group="window", exclusive=True)

    def action_sampling(self) -> None:
        from minicpm_tui.ui.chat import wishes

        self.run_worker(wishes.sampling(self), group="window", exclusive=True)

    def action_prompts(self) -> None:
        from minicpm_tui.ui.chat import wishes

        self.run_worker(wishes.saved_prompts(self), group="window", exclusive=True)
