"""Takes a reply's events to the conversation pane and to the status line."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from minicpm_tui.chat.events import Asked, ChatEvent, Preparing
from minicpm_tui.messages import BlobReader, Delta, End, Message, Notice, Tree
from minicpm_tui.ui.chat.token_rate import TokenRate
from minicpm_tui.ui.viewer.thumbnails import Thumbnails

if TYPE_CHECKING:
    from minicpm_tui.chat.session import ChatSession
    from minicpm_tui.ui.conversation import ConversationPane

REPORTS = 0.5
"""Seconds between two changes of the status line while a reply streams."""


def positions(tree: Tree, path: tuple[Message, ...]) -> dict[str, tuple[int, int]]:
    """Which messages of ``path`` have alternatives: ``(2, 3)`` for the second of three."""
    places = {message.id: tree.position(message.id) for message in path}
    return {message_id: place for message_id, place in places.items() if place[1] > 1}


class ReplyView:
    """Shows what ``session`` is asked. ``report`` is called when something has begun or ended; ``count_up`` now and then while
    the tokens of a reply become more, when they are drawn, so that both are one frame."""

    def __init__(self, pane: ConversationPane, report: Callable[[], None], count_up: Callable[[], None]) -> None:
        self.rate = TokenRate()
        self.end: End | None = None
        self.asked = False
        self._spent = 0
        self._streams = False
        self._pane = pane
        self._thumbnails = Thumbnails(pane)
        self._report = report
        self._count_up = count_up
        self._shown: list[str] = []
        self._reported = 0.0
        pane.arrival.drawn = self._count

    def show(self, tree: Tree, blobs: BlobReader) -> None:
        """Show the selected path of ``tree``, its pictures from ``blobs``."""
        path = tree.path()
        self._pane.show(path, positions(tree, path))
        self._thumbnails.show(path, blobs)
        self._shown = [message.id for message in path]
        self.rate = TokenRate()
        self.end = next((message.end for message in reversed(path) if message.end is not None), None)
        self._spent = self.end.usage.total_tokens if self.end is not None and self.end.usage is not None else 0

    @property
    def used(self) -> int:
        """Tokens of the conversation, with what has arrived of a reply that streams."""
        return self._spent + (self.rate.tokens if self._streams else 0)

    def count(self, session: ChatSession) -> None:
        """Take the tokens from ``session``, which knows what stopped replies and pictures cost too."""
        self._spent = session.spent()

    async def step(self, session: ChatSession, message_id: str, by: int) -> None:
        """Show the alternative ``by`` places from the one of a message's that shows, with the cursor on it, if there is one.

        Raises MinicpmTuiError when that it shows cannot be written down; it shows all the same.
        """
        tree, pointed = session.tree, self._pane.cursor.message_id is not None
        among = tree.siblings(message_id)
        shown = next((message.id for message in tree.path() if message.id in among), message_id)
        if not (other := tree.neighbour(shown, by)):
            return
        try:
            await session.select(other)
        finally:
            self.show(session.tree, session.journal.blobs)
            if pointed:
                self._pane.cursor.go_to(other)
            self.count(session)

    async def follow(self, events: AsyncIterator[ChatEvent], session: ChatSession) -> End | None:
        """Show one reply as it arrives. Raises what the session raises; ``asked`` tells whether the question is in the tree."""
        self.rate = TokenRate()
        self.asked = False
        reply_id = ""
        async for event in events:
            match event:
                case Preparing():
                    pass
                case Asked(question, reply):
                    self.asked = True
                    reply_id = reply.id
                    self._begin(session, question, reply)
                case Delta():
                    self._pane.feed(event)
                    self.rate.feed(event)
                    if self.rate.tokens == 1:
                        self._reported = time.monotonic()
                        self._report()
                case Notice():
                    self._pane.feed(event)
                case End():
                    self.end = event
        if reply_id:
            self._pane.finish(session.tree.messages[reply_id])
            self._streams = False
            self.count(session)
        self._report()
        return self.end

    def _count(self) -> None:
        """More of the reply is drawn."""
        if self._streams and (now := time.monotonic()) - self._reported >= REPORTS:
            self._reported = now
            self._count_up()

    def _begin(self, session: ChatSession, question: Message, reply: Message) -> None:
        tree, blobs = session.tree, session.journal.blobs
        above = [message.id for message in tree.path(question.parent)] if question.parent else []
        if self._shown == above:
            self._pane.add(question)
            self._thumbnails.show([question], blobs)
        elif self._shown != [*above, question.id]:
            path = tree.path(question.id)
            self._pane.show(path, positions(tree, path))
            self._thumbnails.show(path, blobs)
        self._pane.begin(reply, position=tree.position(reply.id))
        self._shown = [*above, question.id, reply.id]
        self._streams = True
        self.count(session)
        self._report()
