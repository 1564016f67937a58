"""The tree of turns: editing and regenerating add siblings, nothing is ever removed.

A conversation is the path from the root to ``leaf``. Immutable: every change returns a new tree that shares the old one's
messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import msgspec

from minicpm_tui.messages.message import Message


class Tree(msgspec.Struct, frozen=True):
    """All messages of a session and which path is selected.

    ``children`` maps a parent's id (None for the roots) to its children in the order they were added.
    """

    messages: Mapping[str, Message] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    children: Mapping[str | None, tuple[str, ...]] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    leaf: str | None = None

    @classmethod
    def of(cls, messages: Iterable[Message], leaf: str | None = None) -> Tree:
        """A tree of many messages at once, parents before children; ``leaf`` is the last one unless given.

        Raises ValueError for an unknown parent or an id used twice, KeyError for an unknown ``leaf``.
        """
        among: dict[str, Message] = {}
        children: dict[str | None, list[str]] = {}
        for message in messages:
            if message.id in among:
                raise ValueError(f"message {message.id} exists already")
            if message.parent is not None and message.parent not in among:
                raise ValueError(f"message {message.id} has an unknown parent {message.parent}")
            among[message.id] = message
            children.setdefault(message.parent, []).append(message.id)
        last = next(reversed(among), None) if leaf is None else among[leaf].id
        return cls(messages=among, children={parent: tuple(ids) for parent, ids in children.items()}, leaf=last)

    def add(self, message: Message) -> Tree:
        """With ``message``, which becomes the leaf. Raises ValueError for an unknown parent or an id already used."""
        if message.id in self.messages:
            raise ValueError(f"message {message.id} exists already")
        if message.parent is not None and message.parent not in self.messages:
            raise ValueError(f"message {message.id} has an unknown parent {message.parent}")
        siblings = (*self.children.get(message.parent, ()), message.id)
        return Tree(
            messages={**self.messages, message.id: message},
            children={**self.children, message.parent: siblings},
            leaf=message.id,
        )

    def update(self, message: Message) -> Tree:
        """With a newer state of a message that is already there. Raises KeyError when it is not."""
        old = self.messages[message.id]
        if old.parent != message.parent:
            raise ValueError(f"message {message.id} cannot move")
        return msgspec.structs.replace(self, messages={**self.messages, message.id: message})

    def select(self, message_id: str) -> Tree:
        """With the path through ``message_id``, down along the newest children. Raises KeyError."""
        leaf = self.messages[message_id].id
        while below := self.children.get(leaf):
            leaf = below[-1]
        return msgspec.structs.replace(self, leaf=leaf)

    def rewind(self, message_id: str | None) -> Tree:
        """With ``message_id`` itself as the leaf, so that the next message becomes another child of it. Raises KeyError."""
        return msgspec.structs.replace(self, leaf=None if message_id is None else self.messages[message_id].id)

    def path(self, leaf: str | None = None) -> tuple[Message, ...]:
        """The messages from the root to ``leaf`` (the selected one unless given)."""
        return tuple(reversed(tuple(self._up(self.leaf if leaf is None else leaf))))

    def siblings(self, message_id: str) -> tuple[str, ...]:
        """The message and its alternatives, oldest first."""
        return self.children[self.messages[message_id].parent]

    def position(self, message_id: str) -> tuple[int, int]:
        """``(2, 3)`` for the second of three alternatives."""
        among = self.siblings(message_id)
        return among.index(message_id) + 1, len(among)

    def neighbour(self, message_id: str, step: int) -> str | None:
        """The alternative ``step`` places further, or None at the end."""
        among = self.siblings(message_id)
        index = among.index(message_id) + step
        return among[index] if 0 <= index < len(among) else None

    def _up(self, message_id: str | None) -> Iterator[Message]:
        while message_id is not None:
            message = self.messages[message_id]
            yield message
            message_id = message.parent
