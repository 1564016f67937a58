"""A conversation of another program on its way into a session: messages in a tree, each with an id of that program's."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from minicpm_tui.messages import End, Message, Part, TextPart, media_of, text_of
from minicpm_tui.messages.message import Role
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.imports.content import Content


class Node(msgspec.Struct, frozen=True):
    """One message. ``id`` and ``parent`` are the other program's; ``role`` is None for what is no message but has answers.

    ``at`` is ISO 8601 UTC; empty where the export does not say it.
    """

    id: str
    parent: str | None
    role: Role | None = None
    parts: tuple[Part, ...] = ()
    reasoning: str = ""
    model: str | None = None
    at: str = ""


class Conversation(msgspec.Struct):
    """``nodes`` in any order; ``current`` is the id of the last message of the branch that was open.

    ``key`` is what the other program knows it by, ``created`` ISO 8601 UTC or empty.
    """

    content: Content
    key: str = ""
    title: str = ""
    created: str = ""
    model: str | None = None
    system: str = ""
    nodes: list[Node] = msgspec.field(default_factory=list)
    current: str | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """What holds from the start."""
        return {name: value for name, value in (("model", self.model), ("system", self.system)) if value}

    @property
    def session_id(self) -> str:
        """The session's id: the same export has the same; empty where it says neither when nor which."""
        moment = ids.moment_of(self.created) if self.created and self.key else None
        return f"{moment:%Y%m%d-%H%M%S}-{hashlib.sha256(self.key.encode()).hexdigest()[:4]}" if moment else ""

    def messages(self) -> tuple[list[Message], str | None]:
        """The messages, each after its parent, and the id of that which was last in the open branch."""
        made: list[Message] = []
        known: dict[str, str | None] = {}
        for node in self._in_order():
            parent = known.get(node.parent) if node.parent is not None else None
            if node.role is None or (node.role == "system" and parent is None):
                if node.role == "system" and not self.system:
                    self.system = text_of(node.parts)
                known[node.id] = parent
                continue
            message = Message(secrets.token_hex(8), parent, node.role, node.parts, node.at or self.created or ids.now())
            if node.role == "assistant":
                for part in media_of(node.parts):
                    self.content.left_out(part.name)
                message = message.with_reply(message.text, node.reasoning, End())
                message = msgspec.structs.replace(message, model=node.model or self.model)
            made.append(message)
            known[node.id] = message.id
        return made, known.get(self.current) if self.current is not None else None

    def _in_order(self) -> Iterator[Node]:
        """Parents before their answers; what says that it answers something unknown stands at the beginning."""
        names = {node.id for node in self.nodes}
        answers: dict[str | None, list[Node]] = {}
        for node in self.nodes:
            answers.setdefault(node.parent if node.parent in names else None, []).append(node)
        waiting = answers.pop(None, [])[::-1]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += answers.pop(node.id, [])[::-1]


def moment(seconds: object) -> str:
    """Seconds (or milliseconds) since 1970 as ISO 8601 UTC; empty for what is none."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return ""
    try:
        return ids.stamp(datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return ""


def iso(text: object) -> str:
    """A date in ISO 8601 as journals write it; empty for what is none."""
    found = ids.moment_of(text) if isinstance(text, str) else None
    return ids.stamp(found) if found else ""


def stated(raw: object) -> str:
    """A text, or nothing."""
    return raw if isinstance(raw, str) else ""


def name_of(raw: object) -> str | None:
    """An id, which may be a number; None for nothing."""
    return str(raw) if isinstance(raw, str | int) and not isinstance(raw, bool) and raw != "" else None


def table(raw: object) -> dict[str, Any]:
    """An object, or an empty one."""
    return raw if isinstance(raw, dict) else {}


def tables(raw: object) -> list[dict[str, Any]]:
    """The objects in a list, or none."""
    return [each for each in raw if isinstance(each, dict)] if isinstance(raw, list) else []


def with_text(text: str, *parts: Part) -> tuple[Part, ...]:
    """A message's text, then what is attached to it."""
    return ((TextPart(text),) if text else ()) + parts
