"""The lines of a session's journal: a header, then events with relative times, as asciicast v3 has them.

``t`` is the time since the previous event in seconds. A ``delta`` line's ``pieces`` are ``[dt, kind, text]`` with ``dt`` the
seconds since the piece before (the first: since the previous event), so that its ``t`` is their sum. A ``settings`` line has the
settings themselves beside ``t`` and ``kind``.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from minicpm_tui.errors import ErrorInfo
from minicpm_tui.messages import End, Message, Part, Role, Usage

FORMAT = "minicpm-tui-session"
VERSION = 1


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line. ``created`` is ISO 8601 UTC."""

    format: str = FORMAT
    version: int = VERSION
    id: str
    created: str


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What every event has."""

    t: float


class OpenEvent(Event, frozen=True, kw_only=True, tag="open"):
    """A program opened the session for writing at ``at``."""

    at: str


class MessageEvent(Event, frozen=True, kw_only=True, tag="message"):
    """A message begins; a reply's text follows in deltas."""

    id: str
    parent: str | None
    role: Role
    content: tuple[Part, ...]
    at: str
    model: str | None = None
    server: str | None = None
    request: dict[str, Any] | None = None

    @classmethod
    def of(cls, t: float, message: Message) -> MessageEvent:
        """The line that begins ``message``."""
        return cls(
            t=t,
            id=message.id,
            parent=message.parent,
            role=message.role,
            content=message.content,
            at=message.at,
            model=message.model,
            server=message.server,
            request=message.request,
        )

    @property
    def message(self) -> Message:
        """The message as it begins; a reply's text follows in ``DeltaEvent`` and ``EndEvent``."""
        return Message(self.id, self.parent, self.role, self.content, self.at, self.model, self.server, self.request)


class DeltaEvent(Event, frozen=True, kw_only=True, tag="delta"):
    """Pieces of the reply ``id``."""

    id: str
    pieces: tuple[tuple[float, str, str], ...]


class EndEvent(Event, frozen=True, kw_only=True, tag="end"):
    """The reply ``id`` is over; the fields are ``messages.End``'s."""

    id: str
    finish_reason: str | None
    usage: Usage | None
    seconds: float = 0.0
    first_token_seconds: float | None = None
    error: ErrorInfo | None = None
    refused: bool = False

    @classmethod
    def of(cls, t: float, message_id: str, end: End) -> EndEvent:
        """The line that ends the reply ``message_id``."""
        return cls(
            t=t,
            id=message_id,
            finish_reason=end.finish_reason,
            usage=end.usage,
            seconds=round(end.seconds, 4),
            first_token_seconds=None if end.first_token_seconds is None else round(end.first_token_seconds, 4),
            error=end.error,
            refused=end.refused,
        )

    @property
    def end(self) -> End:
        """How the reply ended, as the backend said it."""
        return End(self.finish_reason, self.usage, self.seconds, self.first_token_seconds, self.error, self.refused)


class SelectEvent(Event, frozen=True, kw_only=True, tag="select"):
    """The path through the message ``id`` is shown from now on."""

    id: str


class TitleEvent(Event, frozen=True, kw_only=True, tag="title"):
    """The user named the session."""

    text: str


class SettingsEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that hold from now on; those before them that are not named stay."""

    t: float
    values: dict[str, Any]


class UnknownEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a kind that this version does not know; it stays in the file."""

    t: float
    kind: str


KnownEvent = OpenEvent | MessageEvent | DeltaEvent | EndEvent | SelectEvent | TitleEvent
AnyEvent = KnownEvent | SettingsEvent | UnknownEvent


def encode(line: Header | AnyEvent) -> bytes:
    """One line with its newline. Halves of surrogate pairs (undecodable file names) become ``?``."""
    plain: object = {"kind": "settings", "t": line.t, **line.values} if isinstance(line, SettingsEvent) else line
    try:
        return msgspec.json.encode(plain) + b"\n"
    except UnicodeEncodeError:
        text = json.dumps(msgspec.to_builtins(plain), ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace") + b"\n"
