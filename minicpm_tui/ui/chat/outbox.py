"""Sends messages one after another and shows the replies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget

from minicpm_tui.chat.events import ChatEvent
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.messages import End
from minicpm_tui.ui.chat.message_queue import Outgoing, Queue
from minicpm_tui.ui.chat.model import ChatModel
from minicpm_tui.ui.chat.reply import ReplyView
from minicpm_tui.ui.kit.dialogs import Ask
from minicpm_tui.ui.kit.error_line import error_line

if TYPE_CHECKING:
    from minicpm_tui.chat.session import ChatSession


class Outbox:
    """Asks the session of ``model`` what waits in ``queue``; ``view`` shows the replies.

    ``owner`` is the widget whose workers it uses and that its messages are posted to. ``limits_changed`` is
    called after each reply: files may take less. ``running`` while a message is on its way or a reply streams.
    """

    class Began(Message):
        """A question is being asked."""

    class Failed(Message):
        """``line`` says why ``outgoing`` was not sent; it is None for a question that was asked before."""

        def __init__(self, line: str, outgoing: Outgoing | None) -> None:
            super().__init__()
            self.line = line
            self.outgoing = outgoing

    class Finished(Message):
        """The reply is over; ``end`` is None when none was asked for."""

        def __init__(self, end: End | None) -> None:
            super().__init__()
            self.end = end

    def __init__(
        self, owner: Widget, model: ChatModel, queue: Queue, view: ReplyView, limits_changed: Callable[[], object]
    ) -> None:
        self.running = False
        self._owner = owner
        self._model = model
        self._queue = queue
        self._view = view
        self._limits_changed = limits_changed
        self._preparing: Outgoing | None = None

    def push(self, outgoing: Outgoing) -> None:
        """Send ``outgoing`` when it is its turn."""
        self._queue.push(outgoing)
        self.pump()

    def resume(self) -> None:
        """Go on with what was held after a failure."""
        self._queue.hold(held=False)
        self.pump()

    def pump(self) -> None:
        """Send the next message, unless one is on its way."""
        session = self._model.session
        if session is not None and not self.running and self._queue.waiting and not self._queue.held:
            self.running = True
            self._owner.run_worker(self._send(session, self._queue.waiting[0]), group="reply")

    def again(self, message_id: str | None = None) -> None:
        """Ask for another reply to the question before ``message_id``, or to the last one."""
        session = self._model.session
        if session is not None and not self.running:
            self.running = True
            self._owner.run_worker(self._ask_again(session, message_id), group="reply")

    def stop(self) -> Outgoing | None:
        """End the reply; what has arrived stays. A message whose files are still prepared is returned: it is not sent."""
        if (outgoing := self._preparing) is not None:
            self._queue.take_back(outgoing)
        elif self._model.session is not None:
            self._model.session.cancel()
        return outgoing

    async def _send(self, session: ChatSession, outgoing: Outgoing) -> None:
        self._preparing = outgoing
        wanted = await outgoing.prepared()
        self._preparing = None
        if not wanted:
            self._done(None)
            return
        self._queue.send(outgoing)
        if broken := [attachment for attachment in outgoing.attachments if attachment.error]:
            self._owner.post_message(self.Failed(broken[0].error, outgoing))
            self._done(None)
            return
        ready = [attachment.prepared for attachment in outgoing.attachments if attachment.prepared]
        for attachment in outgoing.attachments:
            attachment.sent = True
        if outgoing.replaces:
            events = session.edit(outgoing.replaces, outgoing.text, ready or None)
        else:
            events = session.send(outgoing.text, ready)
        self._done(await self._follow(session, events, outgoing))

    async def _ask_again(self, session: ChatSession, message_id: str | None) -> None:
        self._done(await self._follow(session, session.retry(message_id), None))

    async def _follow(self, session: ChatSession, events: AsyncIterator[ChatEvent], outgoing: Outgoing | None) -> End | None:
        self._owner.post_message(self.Began())
        try:
            end = await self._view.follow(events, session)
            while await self._wanted_smaller(session):
                end = await self._view.follow(session.retry(), session)
        except MinicpmTuiError as error:
            unsent = None if self._view.asked else outgoing
            self._owner.post_message(self.Failed(error_line(error.info), unsent))
            return None
        return end

    async def _wanted_smaller(self, session: ChatSession) -> bool:
        """The last reply did not come because of its pictures' size, and the user wants them to be made smaller."""
        leaf = session.tree.leaf
        if leaf is None or not session.can_be_lighter(leaf):
            return False
        question = _("What stands before the server does not take so many bytes at once. Send the pictures smaller?")
        answers = (("leave", _("Leave the message out")), ("smaller", _("Send smaller")))
        return await self._owner.app.push_screen_wait(Ask(question, answers)) == "smaller"

    def _done(self, end: End | None) -> None:
        self.running = False
        if self._model.session is not None:
            self._model.session.refresh()  # the reply took of the room
            self._limits_changed()
        if end is not None and end.error is not None and self._queue.waiting:
            self._queue.hold(held=True)
        self._owner.post_message(self.Finished(end))
        self.pump()
