"""What the list and the search need of a journal, and no more: who said what.

A journal as this version writes it is decoded many lines at a time, and of each line only what is needed here. Every other one is
followed event by event as ``SessionState`` does. Both say the same.
"""

from __future__ import annotations

from typing import Any, BinaryIO, NamedTuple

import msgspec

from minicpm_tui.messages import MediaPart, Part, Role, media_of, text_of
from minicpm_tui.sessions.events import FORMAT
from minicpm_tui.sessions.journal_reader import follow
from minicpm_tui.sessions.state import LONGEST_WAIT, TITLE_LENGTH, SessionState
from minicpm_tui.text import one_line

_BLOCK = 1 << 14
"""Bytes that are decoded at a time; as Python objects they take ten times as much."""
_LONG = 1 << 20
"""Bytes of a line that are worth the quick way."""


class Said(NamedTuple):
    """A message: its text, and the pictures and videos with it."""

    id: str
    role: Role
    text: str
    media: tuple[MediaPart, ...]
    model: str | None


class Digest(NamedTuple):
    """``created`` and ``opened`` (the last time) are ISO 8601 UTC or empty; ``time`` is the sum of all waits in seconds.

    ``title`` is what is shown, ``model`` the one that is set.
    """

    created: str
    opened: str
    time: float
    title: str
    model: object
    said: tuple[Said, ...]


class _Head(msgspec.Struct):
    format: str
    created: str
    kind: str | None = None


class _Line(msgspec.Struct, tag_field="kind", gc=False):
    t: float


class _Open(_Line, tag="open", gc=False):
    at: str


class _Message(_Line, tag="message", gc=False):
    id: str
    role: Role
    content: tuple[Part, ...]
    model: str | None = None


class _Delta(_Line, tag="delta", gc=False):
    id: str
    pieces: tuple[tuple[float, str, str], ...]


class _End(_Line, tag="end", gc=False):
    id: str


class _Select(_Line, tag="select", gc=False):
    pass


class _Title(_Line, tag="title", gc=False):
    text: str


class _Settings(_Line, tag="settings", gc=False):
    model: Any = msgspec.UNSET


_HEAD = msgspec.json.Decoder(_Head)
_LINES = msgspec.json.Decoder(_Open | _Message | _Delta | _End | _Select | _Title | _Settings)


class _Begun:
    """A message, and for a reply what has arrived of it."""

    __slots__ = ("content", "id", "model", "reply", "role")

    def __init__(self, name: str, role: Role, content: tuple[Part, ...], model: str | None) -> None:
        self.id, self.role, self.content, self.model = name, role, content, model
        self.reply: list[str] | None = None

    def said(self) -> Said:
        content = self.content
        text = text_of(content) if content else ""
        if self.reply is not None and self.role == "assistant":
            return Said(self.id, self.role, text + "".join(self.reply), (), self.model)
        return Said(self.id, self.role, text, media_of(content) if len(content) > 1 or not text else (), self.model)


class _Reader:
    """Does with lines what ``SessionState`` does with events, as far as it matters here."""

    def __init__(self) -> None:
        self.time = 0.0
        self.opened = self.title = ""
        self.model: object = None
        self.messages: dict[str, _Begun] = {}

    def take(self, lines: list[Any]) -> None:
        for line in lines:
            wait = line.t
            self.time += wait if 0.0 <= wait <= LONGEST_WAIT else min(max(wait, 0.0), LONGEST_WAIT)
            kind = type(line)
            if kind is _Delta:
                reply = self._reply(line.id)
                reply.append("".join([text for _dt, what, text in line.pieces if what == "content"]))
            elif kind is _Message:
                self._begin(line.id, line.role, line.content, line.model)
            elif kind is _End:
                self._reply(line.id)
            elif kind is _Open:
                self.opened = line.at
            elif kind is _Title:
                self.title = line.text
            elif kind is _Settings and line.model is not msgspec.UNSET:
                self.model = line.model

    def digest(self, created: str) -> Digest:
        said = tuple([message.said() for message in self.messages.values()])
        title = one_line(self.title) or next((one_line(each.text, TITLE_LENGTH) for each in said if _titles(each)), "")
        return Digest(created, self.opened, self.time, title, self.model, said)

    def _begin(self, name: str, role: Role, content: tuple[Part, ...], model: str | None) -> None:
        while name in self.messages:
            name += "~"
        self.messages[name] = _Begun(name, role, content, model)

    def _reply(self, name: str) -> list[str]:
        if name not in self.messages:
            self._begin(name, "assistant", (), None)
        message = self.messages[name]
        if message.reply is None:
            message.reply = []
        return message.reply


def read(file: BinaryIO) -> Digest:
    """What a journal says, whatever is in it. Raises OSError as ``file`` does, which must be able to go back to its beginning."""
    if (found := _quick(file)) is not None:
        return found
    file.seek(0)
    return thorough(file)


def thorough(file: BinaryIO) -> Digest:
    """Like ``read``, event by event."""
    state = SessionState()
    header = follow(file, state.apply).header
    said = tuple(Said(each.id, each.role, each.text, media_of(each.content), each.model) for each in state.tree.messages.values())
    created = header.created if header else ""
    return Digest(created, state.last_open, state.time, state.shown_title, state.settings.get("model"), said)


def _quick(file: BinaryIO) -> Digest | None:
    """None when anything is not as this version writes it."""
    reader = _Reader()
    try:
        head = _HEAD.decode(file.readline(_BLOCK))
        if head.format != FORMAT or head.kind is not None:
            return None
        while block := file.read(_BLOCK):
            block += file.readline(_LONG)
            lines = _LINES.decode_lines(block)
            if len(lines) != block.count(b"\n"):
                return None
            reader.take(lines)
    except (ValueError, RecursionError):
        return None
    return reader.digest(head.created)


def _titles(message: Said) -> bool:
    return message.role == "user" and bool(message.text.strip())
