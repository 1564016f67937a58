"""The rows of the list in the order of their last use, before all of them are read.

When a session was last used is the sum of all that its journal says. What its last lines say is near enough to read the sessions
in that order; a few are read ahead, and put into their exact one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from minicpm_tui.sessions import ids
from minicpm_tui.sessions.index import Entry
from minicpm_tui.sessions.summary import SessionInfo, Stamp, summarise

_TAIL = 8192
"""Bytes; in most journals the last message begins there."""
_RECENT = 3600.0
"""Seconds; a journal that was last written so soon after its session began was written when it was last used."""
_AHEAD = 32


class _Line(msgspec.Struct):
    t: float = 0.0
    at: str = ""


_LINE = msgspec.json.Decoder(_Line)


def in_order(
    folder: Path, stamps: Mapping[str, Stamp], known: Mapping[str, tuple[Stamp, SessionInfo | None]]
) -> Iterator[list[Entry]]:
    """The sessions in ``folder``, newest first, some at a time; only those whose journals do not look as ``known`` are read."""
    unchanged = {name: known[name][1] for name, stamp in stamps.items() if name in known and known[name][0] == stamp}
    used = {
        name: (info.updated if (info := unchanged[name]) else "") if name in unchanged else last_use(folder / name, stamp)
        for name, stamp in stamps.items()
    }
    ahead: list[Entry] = []
    for name in sorted(stamps, key=lambda name: (used[name], name), reverse=True):
        info = unchanged[name] if name in unchanged else (summarise(folder / name) or (None,))[0]
        ahead.append(Entry(name, info, None, stamps[name]))
        if len(ahead) == 2 * _AHEAD:
            ahead.sort(key=_last_use, reverse=True)
            yield ahead[:_AHEAD]
            del ahead[:_AHEAD]
    yield sorted(ahead, key=_last_use, reverse=True)


def last_use(folder: Path, stamp: Stamp) -> str:
    """About when a session was last used, ISO 8601 UTC: what the end of its journal says, else when that was written."""
    written = datetime.fromtimestamp(stamp.mtime_ns / 1e9, UTC)
    begun = ids.begun_of(folder.name)
    if begun and abs((written - begun).total_seconds()) < _RECENT:
        return ids.stamp(written)
    return _said_last(folder / ids.JOURNAL, stamp.size) or ids.stamp(written)


def _said_last(journal: Path, size: int) -> str:
    """The last time that is named, and all waits after it; empty when there is none in the last lines."""
    try:
        with journal.open("rb", buffering=0) as file:
            file.seek(max(size - _TAIL, 0), os.SEEK_SET)
            lines = file.read(_TAIL).split(b"\n")
    except OSError:
        return ""
    waited = 0.0
    for line in reversed(lines):
        try:
            event = _LINE.decode(line)
        except (ValueError, RecursionError):
            continue
        if event.at:
            return ids.later(event.at, waited)
        waited += max(event.t, 0.0)
    return ""


def _last_use(entry: Entry) -> tuple[str, str]:
    return (entry.info.updated if entry.info else "", entry.id)
