"""Sends messages one after another and shows the replies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from minicpm_tui.chat.events import ChatEvent
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.messages import End
from minicpm_tui.ui.chat.message_queue import Outgoing, Queue
from minicpm_tui.ui.chat.reply import Following

if TYPE_CHECKING:
    from minicpm_tui.chat.session import ChatSession
    from minicpm_tui.ui.chat.pane import TalkPane


class Sending:
    """Asks the session of ``talk`` what waits in ``queue``.

    ``running`` while a message is on its way or a reply streams.
    """

    def __init__(self, talk: TalkPane, queue: Queue, following: Following) -> None:
        self.running = False
        self._talk = talk
        self._queue = queue
        self._following = following
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
        session = self._talk.session
        if session is not None and not self.running and self._queue.waiting and not self._queue.held:
            self.running = True
            self._talk.run_worker(self._send(session, self._queue.waiting[0]), group="reply")

    def again(self, message_id: str | None = None) -> None:
        """Ask for another reply to the question before ``message_id``, or to the last one."""
        session = self._talk.session
        if session is not None and not self.running:
            self.running = True
            self._talk.run_worker(self._ask_again(session, message_id), group="reply")

    def stop(self) -> None:
        """End the reply; what has arrived stays. A message whose files are still prepared is taken back."""
        if (outgoing := self._preparing) is not None:
            self._queue.take_back(outgoing)
            self._talk.give_back(outgoing)
        elif self._talk.session is not None:
            self._talk.session.cancel()

    def give_up(self) -> None:
        """Everything that waits goes back to where it was written."""
        while outgoing := self._queue.pop():
            self._talk.give_back(outgoing)

    async def _send(self, session: ChatSession, outgoing: Outgoing) -> None:
        self._preparing = outgoing
        wanted = await outgoing.prepared()
        self._preparing = None
        if not wanted:
            self._done(None)
            return
        self._queue.send(outgoing)
        if broken := [attachment for attachment in outgoing.attachments if attachment.error]:
            self._talk.give_back(outgoing)
            self._talk.say(broken[0].error)
            self._done(None)
            return
        ready = [attachment.prepared for attachment in outgoing.attachments if attachment.prepared]
        if outgoing.replaces:
            events = session.edit(outgoing.replaces, outgoing.text, ready or None)
        else:
            events = session.send(outgoing.text, ready)
        self._done(await self._follow(session, events, outgoing))

    async def _ask_again(self, session: ChatSession, message_id: str | None) -> None:
        self._done(await self._follow(session, session.retry(message_id), None))

    async def _follow(self, session: ChatSession, events: AsyncIterator[ChatEvent], outgoing: Outgoing | None) -> End | None:
        talk = self._talk
        talk.show_conversation(shown=True)
        talk.report()
        try:
            return await self._following.follow(events, session)
        except MinicpmTuiError as error:
            if outgoing is not None and not self._following.asked:
                talk.give_back(outgoing)
            talk.say(error.info.line())
            talk.show_conversation(shown=talk.asked)
            return None

    def _done(self, end: End | None) -> None:
        self.running = False
        self._talk.fit_line.changed()
        if end is not None:
            if end.error is not None and self._queue.waiting:
                self._queue.hold(held=True)
            self._talk.post_message(self._talk.Replied(end))
        self._talk.report()
        self.pump()
