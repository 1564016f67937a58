"""The middle pane: the conversation, what waits to be sent, the files on the next message, and the composer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from minicpm_tui.errors import EditorFailed, MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line
from minicpm_tui.ui.chat.model import ChatModel
from minicpm_tui.ui.chat.welcome import Welcome
from minicpm_tui.ui.composer.place import ComposerPlace
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.messages import Writable
from minicpm_tui.ui.terminal.output.blank import Blank

if TYPE_CHECKING:
    from minicpm_tui.messages import End
    from minicpm_tui.messages import Message as ChatMessage
    from minicpm_tui.sessions import Journal
    from minicpm_tui.ui.attachments.tray import Tray
    from minicpm_tui.ui.chat.context_line import ContextLine
    from minicpm_tui.ui.chat.draft_saver import DraftSaver
    from minicpm_tui.ui.chat.find import FindBar
    from minicpm_tui.ui.chat.message_queue import Queue
    from minicpm_tui.ui.chat.next_message import NextMessage
    from minicpm_tui.ui.chat.outbox import Outbox
    from minicpm_tui.ui.chat.reply import ReplyView
    from minicpm_tui.ui.composer.composer import Composer
    from minicpm_tui.ui.composer.drafts import Draft
    from minicpm_tui.ui.conversation import ConversationPane
    from minicpm_tui.ui.receiving.line import ReceivingLine


class TalkPane(Blank, Vertical):
    """Talks through the session of ``model``; without one it keeps what is written. Messages are sent one after another.

    ``writable`` is True once the composer is there, ``whole`` set once all parts are; ``count_up`` is called when a reply that
    streams has more tokens.
    """

    class Progress(Message):
        """Something that the status line shows has changed."""

    class Replied(Message):
        """A reply is over."""

        def __init__(self, end: End) -> None:
            super().__init__()
            self.end = end

    class NoServer(Message):
        """The user wants to send, but there is nobody to send it to."""

    def __init__(self, model: ChatModel, count_up: Callable[[], None]) -> None:
        super().__init__(id="talk")
        self.model = model
        self.count_up = count_up
        self.writable = False
        self.whole = asyncio.Event()
        self._stepping = asyncio.Lock()

    composer: Composer
    pane: ConversationPane
    find_bar: FindBar
    queue: Queue
    tray: Tray
    next: NextMessage
    reply_view: ReplyView
    outbox: Outbox
    draft_saver: DraftSaver
    context_line: ContextLine
    receiving: ReceivingLine

    def compose(self) -> ComposeResult:
        """What the first paint needs; ``put_composer`` and ``furnishing`` add the rest."""
        yield Welcome()
        yield ComposerPlace()

    async def put_composer(self) -> None:
        """Put the composer into its place, with the keyboard in it."""
        self.composer = await self.query_one(ComposerPlace).give_way(ready=self.whole)
        self.writable = True
        self.app.post_message(Writable())

    @property
    def furnished(self) -> bool:
        """All of it is there, not only what the first paint needs."""
        return self.whole.is_set()

    @property
    def finding(self) -> bool:
        """The search line is open."""
        return self.furnished and self.find_bar.display

    @property
    def running(self) -> bool:
        """A message is on its way, or a reply streams."""
        return self.furnished and self.outbox.running

    @property
    def editing(self) -> bool:
        """The composer holds a question that was asked before."""
        return self.furnished and self.next.edit.question is not None

    def report(self) -> None:
        """Something that the status line shows has changed."""
        self.post_message(self.Progress())

    # -- which conversation ---------------------------------------------------------------------------------------------------

    def show(self, journal: Journal) -> None:
        """Show the conversation of ``journal``, which the model has entered; without a session it can only be read."""
        self.next.edit.end()
        self.reply_view.show(journal.tree, journal.blobs)
        self.show_conversation(shown=self.model.asked)
        for note in journal.notes:
            self.say(note)
        if journal.read_only_reason:
            self.say(journal.read_only_reason, seconds=15)
        self.connected()

    def leave(self) -> None:
        """Another conversation will show: what waits to be asked in this one goes back to the composer."""
        if self.model.journal is not None:
            self._give_up()

    def connected(self) -> None:
        """The model has a session, or another connection: what waits is sent."""
        if not self.furnished:  # it is told once more when a conversation shows
            return
        self._warm_up()
        if (session := self.model.session) is not None:
            session.refresh()
            self.tray.limits_changed()
            self.reply_view.count(session)
        self._check_context()
        self.outbox.pump()

    def not_connected(self, problem: str) -> None:
        """Say why, unless the welcome does: it says nothing while another server can be talked with.

        What was sent while connecting goes back to the composer.
        """
        if not (self.query_one(Welcome).display and self.model.connector.problem):
            self.say(problem, seconds=15)
        if self.model.session is None and self.furnished:
            self._give_up()

    def _give_up(self) -> None:
        """Everything that waits goes back to where it was written."""
        while outgoing := self.queue.pop():
            self.next.give_back(outgoing)

    @property
    def pictured(self) -> ChatMessage | None:
        """The message whose pictures the user would mean: under the cursor, else the last one with some."""
        if (journal := self.model.journal) is None:
            return None
        from minicpm_tui.ui.viewer.of_message import nearest_media

        return nearest_media(journal, self.pane.cursor.message_id)

    @work(group="step")
    async def step(self, message_id: str, step: int) -> None:
        """Show the alternative ``step`` places from the one of a message's that shows, with the cursor on it."""
        async with self._stepping:  # keys typed ahead go on from where the one before has led
            if (session := self.model.session) is None or self.running:
                return
            try:
                await self.reply_view.step(session, message_id, step)
            except MinicpmTuiError as error:
                self.say(error_line(error.info))
            self.report()

    def show_conversation(self, *, shown: bool) -> None:
        """Show the conversation, or else what an empty one says."""
        self.pane.display = shown
        self.query_one(Welcome).display = not shown

    # -- sending --------------------------------------------------------------------------------------------------------------

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        """Take what is written as a message, when it can be one."""
        event.stop()
        if not event.text.strip() and not self.tray.attachments:
            self.outbox.resume()
        elif problem := self.next.problem:
            self.say(problem)
        elif self.model.connection is None and not self.model.connecting:
            self.post_message(self.NoServer())
        else:
            self.outbox.push(self.next.take(event.text))

    def stop(self) -> None:
        """End the reply; what has arrived stays. A message whose files are still prepared goes back to the composer."""
        if (outgoing := self.outbox.stop()) is not None:
            self.next.give_back(outgoing)

    def on_outbox_began(self) -> None:
        self.show_conversation(shown=True)
        self.report()

    def on_outbox_failed(self, event: Outbox.Failed) -> None:
        if event.outgoing is not None:
            self.next.give_back(event.outgoing)
        self.say(event.line)
        self.show_conversation(shown=self.model.asked)

    def on_outbox_finished(self, event: Outbox.Finished) -> None:
        self._check_context()
        if event.end is not None:
            self.post_message(self.Replied(event.end))
        self.report()

    def _check_context(self) -> None:
        """Have what is written counted; an edited question keeps files that do not lie here: it is counted when it is sent."""
        self.context_line.check(None if self.editing else self.model.session, self.composer.message, self.next.ready)

    def unsent(self) -> Draft:
        """Everything that is not sent yet."""
        return self.next.unsent(self.queue.waiting)

    # -- taking back ----------------------------------------------------------------------------------------------------------

    def on_queue_take_back(self, event: Queue.TakeBack) -> None:
        self.next.give_back(event.outgoing)

    async def on_composer_take_back(self, event: Composer.TakeBack) -> None:
        """Backspace in an empty composer drops the last file; up takes back what waits."""
        await self.whole.wait()
        if event.key == "backspace":
            self.tray.remove_last()
        elif outgoing := self.queue.pop():
            self.next.give_back(outgoing)

    def on_composer_editor_wanted(self) -> None:
        """Hand the terminal to the user's editor; nothing of ours runs meanwhile, so a reply must be over."""
        from minicpm_tui.ui.composer import editor

        if self.running:
            self.say(_("The editor needs the whole terminal: wait for the reply, or stop it"))
            return
        try:
            self.composer.write(editor.edit_on(self.app, self.composer.message))
        except EditorFailed as error:
            self.say(error_line(error.info))

    def edit_question(self, message_id: str) -> None:
        """Write the question ``message_id`` anew."""
        if self.model.journal is not None and not self.running:
            self.next.edit.begin(message_id, self.model.journal.tree.messages[message_id].text)

    # -- files ----------------------------------------------------------------------------------------------------------------

    async def on_composer_paths_given(self, event: Composer.PathsGiven) -> None:
        event.stop()
        await self.attach(event.paths)

    async def attach(self, files: Sequence[str]) -> None:
        """Put ``files`` on the next message, as soon as there is a place for them."""
        await self.whole.wait()
        self.tray.attach(files)

    def on_tray_refused(self, event: Tray.Refused) -> None:
        event.stop()
        self.say(event.line)

    def on_text_area_changed(self) -> None:
        """Something else is written."""
        if self.furnished:
            self.receiving.used()
            self.draft_saver.changed()
            self._warm_up()
            self._check_context()

    def _warm_up(self) -> None:
        """Import what a reply needs while its question is written: a program that rests stays small."""
        if self.composer.text or self.tray.attachments:
            self.model.connector.warm()
            self.pane.warm()

    def on_tray_changed(self) -> None:
        self._warm_up()
        self.queue.show()
        self.draft_saver.changed()
        self._check_context()
        self.report()

    def say(self, line: str, *, seconds: float = 8) -> None:
        """One line that the user should read."""
        self.notify(one_line(line), severity="warning", timeout=seconds, markup=False)
