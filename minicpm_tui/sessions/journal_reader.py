"""From the bytes of ``session.jsonl`` to events, whatever happened to them.

A line that another version or an accident made is no error: what can be read of it is, the rest is counted and stays in the file.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import msgspec

from minicpm_tui.sessions.events import FORMAT, AnyEvent, Header, KnownEvent
from minicpm_tui.sessions.lenient import event_of, header_of
from minicpm_tui.sessions.lines import Overlong, lines

_DECODER: msgspec.json.Decoder[KnownEvent] = msgspec.json.Decoder(KnownEvent)
_SHOWN = 1000
_START = re.compile(rb'(?=\{"(?:kind|t|format)":)')


@dataclass(frozen=True)
class DamagedLine:
    """A line that says nothing, of one that is far too long the beginning; ``number`` counts from 1."""

    number: int
    raw: bytes


@dataclass(frozen=True)
class Reading:
    """What a journal's bytes say.

    ``end`` is the offset behind the last whole line: bytes after it, up to ``size``, are torn and may be cut off. ``newline`` is
    True when the last whole line lacks its newline.
    """

    header: Header | None
    events: tuple[AnyEvent, ...]
    damaged: tuple[DamagedLine, ...]
    end: int
    size: int
    newline: bool


def read(data: bytes) -> Reading:
    """Read a whole journal that is in memory."""
    events: list[AnyEvent] = []
    return replace(follow(io.BytesIO(data), events.append), events=tuple(events))


def follow(file: BinaryIO, take: Callable[[AnyEvent], object]) -> Reading:
    """Read a journal of any size line by line; ``take`` is handed each event, and ``events`` of what comes back stays empty.

    Raises OSError as ``file`` does.
    """
    header: Header | None = None
    damaged: list[DamagedLine] = []
    end = size = 0
    newline = False
    for number, line in enumerate(lines(file), 1):
        if isinstance(line, Overlong):  # even what has no newline stays: it is no line that was being written
            size, end, newline = size + line.size, end + line.size, not line.ended
            damaged.append(DamagedLine(number, line.head[:_SHOWN]))
            found = (*_parse(line.head), *_parse(line.tail.removesuffix(b"\n")))
            header = header or next((item for item in found if isinstance(item, Header)), None)
            for item in found:
                if not isinstance(item, Header | bytes):
                    take(item)
            continue
        size += len(line)
        whole = line if line.endswith(b"\n") else line[: _whole(line)]  # the last one may be torn
        newline = bool(whole) and not whole.endswith(b"\n")
        end += len(whole)
        for item in _parse(whole.removesuffix(b"\n")):
            if isinstance(item, Header):
                header = header or item
            elif isinstance(item, bytes):
                damaged.append(DamagedLine(number, item))
            else:
                take(item)
    return Reading(header, (), tuple(damaged), end, size, newline)


def _parse(line: bytes) -> Iterator[Header | AnyEvent | bytes]:
    """The events of a line: one, or none, or several when newlines were lost; bytes are what cannot be read."""
    if (item := _event(line)) is not None:
        yield item
        return
    for piece in _START.split(line):
        if (item := _event(piece.strip(b"\0"))) is not None:  # a crash leaves zeros
            yield item
        elif piece.strip():
            yield piece


def _whole(tail: bytes) -> int:
    """How many bytes of the text behind the last newline are whole events; the rest is torn."""
    pieces = _START.split(tail)
    while pieces and _event(pieces[-1]) is None:
        pieces.pop()
    return sum(map(len, pieces))


def _event(line: bytes) -> Header | AnyEvent | None:
    """What a line says, None when it says nothing."""
    try:
        return _DECODER.decode(line)
    except (ValueError, RecursionError):
        return _lenient(line)


def _lenient(line: bytes) -> Header | AnyEvent | None:
    """The line as far as it can be understood; None when it is not even a JSON object with a ``kind`` or a header."""
    try:
        loose = json.loads(line.decode("utf-8", "replace"), strict=False)
        raw = msgspec.json.decode(json.dumps(loose, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    if raw.get("format") == FORMAT:
        return header_of(raw)
    kind = raw.get("kind")
    return event_of(raw, kind) if isinstance(kind, str) else None
