"""The chat screen: files on the left, the conversation with the composer under it, the server on the right."""

from __future__ import annotations

import contextlib
import gc
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.events import Paste, Resize

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.ui.chat.columns import Columns
from minicpm_tui.ui.chat.commands import COMMANDS
from minicpm_tui.ui.chat.model import ChatModel
from minicpm_tui.ui.chat.pane import TalkPane
from minicpm_tui.ui.chat.panes import NARROW, Pane, Panes
from minicpm_tui.ui.chat.sampling import Sampling
from minicpm_tui.ui.chat.status import state_word, status_of
from minicpm_tui.ui.chat.status_line import StatusLine
from minicpm_tui.ui.chat.switchboard import Switchboard
from minicpm_tui.ui.chat.welcome import Welcome
from minicpm_tui.ui.kit import ui_state
from minicpm_tui.ui.kit.commands import Commanded, bindings
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.hint_bar import HintBar
from minicpm_tui.ui.kit.messages import Asked, CopyText
from minicpm_tui.ui.kit.start_options import Launch
from minicpm_tui.ui.kit.ui_state import UiState
from minicpm_tui.ui.terminal.caret import rest_caret
from minicpm_tui.ui.terminal.output.lean import LeanScreen

if TYPE_CHECKING:
    from minicpm_tui.ui.conversation import messages
    from minicpm_tui.ui.files.pane import FilePane

GARBAGE = 5000
"""Objects more, of those that may refer to themselves, until cycles of them are looked for. With Python's 700 a tenth of what a
streamed reply costs went into that."""


class ChatScreen(Commanded, LeanScreen[None]):
    """Where a user talks with the model. Connects the panes to a ChatSession."""

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)

    def __init__(self, launch: Launch) -> None:
        super().__init__()
        self.launch = launch
        self.model = ChatModel(launch)
        self.state = ui_state.load()
        self._sampling = Sampling()

    def compose(self) -> ComposeResult:
        self.talk = TalkPane(self.model, self.show_counts)
        self.switchboard = Switchboard(self.talk, self.show_status)
        self.columns = Columns(self.talk, Panes(self.state.files, self.state.server), self.app.size.width)
        yield self.columns
        yield StatusLine()
        yield HintBar()

    def on_mount(self) -> None:
        self.call_later(self._begin)  # behind Textual's first paint, which is in the queue

    def on_resize(self, event: Resize) -> None:
        self.columns.fit(event.size.width)
        self.set_class(event.size.height < 12, "-low")
        self.set_class(event.size.width < NARROW, "-narrow")

    def on_columns_chosen(self) -> None:
        panes = self.columns.panes
        self.keep(msgspec.structs.replace(self.state, files=panes.files, server=panes.server))

    @work(thread=True, exclusive=True, group="state")
    def keep(self, new: UiState) -> None:
        """Remember how the screen looks."""
        if new != self.state:
            self.state = new
            ui_state.save(new)

    def on_file_pane_moved(self, event: FilePane.Moved) -> None:
        self.keep(self.state.with_folder(Path.cwd(), event.folder))

    async def action_pane(self, pane: Pane) -> None:
        """Show ``pane`` and go there; from inside it, hide it."""
        if self.columns.holds_focus(pane):
            self.columns.panes = self.columns.panes.without(pane)
            self.action_compose()
        else:
            await self.columns.enter(pane)

    def action_compose(self) -> None:
        """Back to writing; what was said has been read."""
        self.app.clear_notifications()
        self.columns.panes = self.columns.panes.toward("talk")
        self.talk.composer.focus()

    def on_screen_resume(self) -> None:
        """What was done in another screen may be to this conversation: its title."""
        self.show_status()

    async def on_paste(self, event: Paste) -> None:
        """Nothing with the keyboard takes text: what is pasted belongs to the message."""
        event.stop()
        self.action_compose()
        await self.talk.composer.paste(event.text)

    def action_clear_notices(self) -> None:
        self.app.clear_notifications()

    def action_tray(self) -> None:
        self.talk.tray.enter()

    def action_read(self) -> None:
        self.talk.pane.focus()

    # -- the conversation and its server --------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        """After the first paint: what is typed has somewhere to go to and shows, then the rest."""
        await self.talk.put_composer()
        self.call_after_refresh(self.start)

    @work(group="connect")
    async def start(self) -> None:
        """Connect, and show all there is."""
        gc.enable()
        gc.freeze()  # what was imported stays; it need not be looked at again
        gc.set_threshold(GARBAGE)
        await self.switchboard.start(self.launch, self.columns.fill)

    @on(TalkPane.Progress)
    def show_status(self) -> None:
        """Bring the status line, the welcome and the hints up to date."""
        lines = self.query(StatusLine)
        if not lines:  # the program is ending
            return
        lines.first().status = status_of(self.model, self.talk)
        welcome = self.query_one(Welcome)
        connector = self.model.connector
        welcome.model = connector.connection.model if connector.connection else ""
        welcome.problem = connector.problem
        welcome.awaited = connector.loading.model if connector.loading else ""
        welcome.link = state_word(connector.state)
        self.refresh_bindings()

    @on(TalkPane.NoServer)
    def _no_server(self) -> None:
        self.talk.say(self.model.connector.problem or _("There is no server yet: F4 chooses one"))

    @on(TalkPane.Replied)
    def _replied(self, event: TalkPane.Replied) -> None:
        self.model.connector.heard(event.end)
        self.show_status()
        limit = self.launch.config.settings.bell_seconds
        if limit and event.end.seconds >= limit:
            self.app.bell()

    def show_counts(self) -> None:
        """Bring the numbers of the status line up to date, while a reply streams: nothing else can have changed."""
        for line in self.query(StatusLine):  # none: the program is ending
            line.status = status_of(self.model, self.talk)

    def on_outbox_began(self) -> None:
        rest_caret(self.app)  # each time it blinks costs as much as a piece of the reply
        self.columns.tell("server", Asked())

    # -- what the conversation pane asks for ----------------------------------------------------------------------------------

    def on_copy_requested(self, event: messages.CopyRequested) -> None:
        self.post_message(CopyText(event.text))

    def on_edit_requested(self, event: messages.EditRequested) -> None:
        self.talk.edit_question(event.message_id)

    def on_regenerate_requested(self, event: messages.RegenerateRequested) -> None:
        self.switchboard.again(event.message_id)

    def on_sibling_requested(self, event: messages.SiblingRequested) -> None:
        self.talk.step(event.message_id, event.step)

    def on_link_clicked(self, event: messages.LinkClicked) -> None:
        self.post_message(CopyText(event.href, _("the address")))

    # -- leaving --------------------------------------------------------------------------------------------------------------

    async def may_leave(self) -> bool:
        """Nothing is lost by leaving now, or the user wants to all the same."""
        if not self.talk.running:
            return True
        from minicpm_tui.ui.kit.dialogs import Ask

        question = _("A reply is still streaming. What has arrived is saved.")
        answers = (("cancel", _("Cancel")), ("quit", _("Stop it and quit")))
        return await self.app.push_screen_wait(Ask(question, answers)) == "quit"

    def keep_draft(self) -> None:
        """Save what is not sent yet (blocks). Raises StorageError."""
        if self.is_attached and self.talk.furnished:
            self.talk.draft_saver.keep()

    async def close(self) -> None:
        """Keep the draft and what has arrived of a reply, and let the session and its server go."""
        if self.talk.furnished:
            self.talk.queue.hold(held=True)  # what waits is part of the draft
            with contextlib.suppress(MinicpmTuiError):
                await self.talk.draft_saver.save()
        with contextlib.suppress(MinicpmTuiError):
            await self.model.close()

    # -- commands -------------------------------------------------------------------------------------------------------------

    def action_stop(self) -> None:
        self.talk.stop()

    def action_stop_receiving(self) -> None:
        self.talk.receiving.stop()

    def action_leave_edit(self) -> None:
        self.talk.next.edit.give_up()

    def action_retry(self) -> None:
        self.switchboard.again()

    def action_edit_last(self) -> None:
        if last := self.model.last_question:
            self.talk.edit_question(last)

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

        journal, message = self.model.journal, self.talk.pictured
        if journal is not None and message is not None and (views := of_message(message, journal, self.model.connection)):
            self.app.push_screen(Viewer(views))

    def action_fit(self) -> None:
        self.talk.next.make_fit(self.talk.context_line)

    def action_find(self) -> None:
        self.talk.find_bar.open()

    def action_close_find(self) -> None:
        self.talk.find_bar.close()
        self.action_compose()

    def action_new(self) -> None:
        self.run_worker(self.switchboard.open_session(), group="session")
        self.action_compose()

    def action_demo(self) -> None:
        self.run_worker(self.switchboard.connect(demo=True), group="connect")

    def action_reconnect(self) -> None:
        self.run_worker(self.switchboard.connect(demo=self.model.connector.demo is not None), group="connect")

    @work(group="window", exclusive=True)
    async def action_choose_server(self) -> None:
        from minicpm_tui.ui.chat import server_choices

        wish = await server_choices.ask(self.app, self.launch.config.settings, self.model.connection, self.model.connector.locked)
        if wish == server_choices.DEMO:
            self.action_demo()
        elif wish is not None:
            self.run_worker(self.switchboard.use(wish), group="connect")

    @work(group="window", exclusive=True)
    async def action_sampling(self) -> None:
        try:
            await self._sampling.ask(self.app, self.model)
        except MinicpmTuiError as error:
            self.talk.say(error_line(error.info))
        self.show_status()

    @work(group="window", exclusive=True)
    async def action_prompts(self) -> None:
        from minicpm_tui.ui.composer import prompt_choice

        try:
            text = await prompt_choice.ask(self.app, self.talk.composer.message)
        except MinicpmTuiError as error:
            self.talk.say(error_line(error.info))
        else:
            self.talk.composer.insert(text)
