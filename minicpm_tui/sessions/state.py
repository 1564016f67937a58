"""What a session's events add up to: the tree of turns, title, settings. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from minicpm_tui.messages import End, Message, TextPart, Tree
from minicpm_tui.sessions.events import (
    AnyEvent,
    DeltaEvent,
    EndEvent,
    MessageEvent,
    OpenEvent,
    SelectEvent,
    SettingsEvent,
    TitleEvent,
    UnknownEvent,
)
from minicpm_tui.text import one_line

TITLE_LENGTH = 60
_JOINED = 256
"""So many pieces of a reply become one string: each has some fifty bytes beside its characters."""
LONGEST_WAIT = 1e9
"""Seconds; a ``t`` beyond it is damage, not a pause."""


def wait_of(event: AnyEvent) -> float:
    """``event.t``, made sane for files that somebody edited."""
    return min(max(event.t, 0.0), LONGEST_WAIT)


class _Text:
    """A text that grows by many small pieces, in little more memory than its characters take."""

    def __init__(self, text: str = "") -> None:
        self._blocks = [text] if text else []
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        self._pieces.append(piece)
        if len(self._pieces) >= _JOINED:
            self._blocks.append("".join(self._pieces))
            self._pieces.clear()

    def whole(self) -> str:
        if self._pieces or len(self._blocks) > 1:
            self._blocks = ["".join([*self._blocks, *self._pieces])]
            self._pieces = []
        return self._blocks[0] if self._blocks else ""


class _Reply:
    """A reply's text while it grows."""

    def __init__(self, message: Message) -> None:
        self.text = _Text(message.text)
        self.reasoning = _Text()
        self.end: End | None = None

    def feed(self, pieces: tuple[tuple[float, str, str], ...]) -> None:
        for _dt, kind, text in pieces:
            if kind == "content":
                self.text.add(text)
            elif kind == "reasoning":
                self.reasoning.add(text)

    def finish(self, end: End) -> None:
        self.end = end
        self.text.whole()
        self.reasoning.whole()


class SessionState:
    """Applies events in order; every step costs the same however long the session is.

    ``time`` is the sum of all waits in seconds, ``unknown`` counts events of kinds that this version does not know.
    """

    def __init__(self) -> None:
        self.title = ""
        self.settings: dict[str, Any] = {}
        self.time = 0.0
        self.unknown = 0
        self.last_open = ""
        self._messages: dict[str, Message] = {}
        self._started: dict[str, float] = {}
        self._replies: dict[str, _Reply] = {}
        self._stale: set[str] = set()
        self._leaf: str | None = None
        self._selected: str | None = None
        self._tree: Tree | None = None

    def apply(self, event: AnyEvent) -> None:
        """Take one event in."""
        self.time += wait_of(event)
        match event:
            case MessageEvent():
                self._add(event.message)
            case DeltaEvent():
                self._reply(event.id).feed(event.pieces)
            case EndEvent():
                self._reply(event.id).finish(event.end)
            case SelectEvent():
                if event.id in self._messages:
                    self._selected = event.id
                    self._tree = None if self._tree is None else self.tree.select(event.id)
            case TitleEvent():
                self.title = event.text
            case SettingsEvent():
                self.settings.update(event.values)
            case OpenEvent():
                self.last_open = event.at
            case UnknownEvent():
                self.unknown += 1

    @property
    def tree(self) -> Tree:
        """All messages with what has arrived of them."""
        if self._tree is None:
            self._tree = Tree.of(self._current())
            self._tree = self._tree.select(self._selected) if self._selected else self._tree.rewind(self._leaf)
        else:
            for message_id in self._stale:
                self._tree = self._tree.update(self._with_reply(self._messages[message_id]))
        self._stale.clear()
        return self._tree

    @property
    def shown_title(self) -> str:
        """The user's title, else the first words of the first question."""
        return one_line(self.title) or next(
            (one_line(each.text, TITLE_LENGTH) for each in self._messages.values() if titles(each)), ""
        )

    def started(self, message_id: str) -> float:
        """When a message began, in seconds from the session's beginning. Raises KeyError."""
        return self._started[message_id]

    def has(self, message_id: str) -> bool:
        """Whether a message of this id is there, on any branch."""
        return message_id in self._messages

    def _add(self, message: Message) -> None:
        """Take a message in, also one whose id is taken or whose parent was lost: it then follows the message before it."""
        while message.id in self._messages:
            message = msgspec.structs.replace(message, id=f"{message.id}~")
        if message.parent is not None and message.parent not in self._messages:
            message = msgspec.structs.replace(message, parent=next(reversed(self._messages), None))
        self._messages[message.id] = message
        self._started[message.id] = self.time
        self._leaf, self._selected = message.id, None
        if self._tree is not None:
            self._tree = self.tree.add(message)

    def _reply(self, message_id: str) -> _Reply:
        """Where a reply's text goes. A reply whose first line was lost still has its text."""
        if message_id not in self._messages:
            last = next(reversed(self._messages), None)
            self._add(Message(id=message_id, parent=last, role="assistant", content=(), at=""))
        self._stale.add(message_id)
        if message_id not in self._replies:
            self._replies[message_id] = _Reply(self._messages[message_id])
        return self._replies[message_id]

    def _current(self) -> Iterator[Message]:
        return (self._with_reply(message) for message in self._messages.values())

    def _with_reply(self, message: Message) -> Message:
        reply = self._replies.get(message.id)
        if reply is None or message.role != "assistant":
            return message
        return message.with_reply(reply.text.whole(), reply.reasoning.whole(), reply.end)


def titles(message: Message) -> bool:
    """True for a message whose first words can name its session."""
    return message.role == "user" and any(isinstance(part, TextPart) and part.text.strip() for part in message.content)
