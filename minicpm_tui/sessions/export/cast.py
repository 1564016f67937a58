"""Recordings of a terminal that asciinema, its player and svg-term show.

asciicast v2 unless v3 is wanted: asciinema before 3 and svg-term refuse v3, the player reads both
(https://docs.asciinema.org/manual/asciicast/v2/ and /v3/).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from minicpm_tui.messages import Message, media_of
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.export.screen import COLUMNS, ROWS, frames
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.labels import role_label
from minicpm_tui.sessions.timeline import Timeline, load
from minicpm_tui.text import one_line

_TERMINAL = "xterm-256color"
_LAST = 1.0
"""Seconds for which the end stays in sight."""


def render(journal: Journal, options: Options) -> bytes:
    """The conversation as it looked, with its own timing and a marker at each turn."""
    timeline = Timeline() if journal.path is None else load(journal.path)
    lines = [_header(journal, options.cast_version), *_events(timeline, options.cast_version)]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _header(journal: Journal, version: int) -> dict[str, Any]:
    header: dict[str, Any] = {"version": version}
    if version == 2:
        header |= {"width": COLUMNS, "height": ROWS, "env": {"TERM": _TERMINAL}}
    else:
        header["term"] = {"cols": COLUMNS, "rows": ROWS, "type": _TERMINAL}
    if moment := ids.moment_of(journal.created):
        header["timestamp"] = int(moment.timestamp())
    return header | {"title": one_line(journal.title)}


def _events(timeline: Timeline, version: int) -> Iterator[object]:
    """Version 2 counts seconds from the beginning, version 3 from the event before."""
    last = 0.0
    for moment, text, message in frames(timeline):
        at = round(max(moment, last), 6)
        wait, last = round(at - last, 6), at
        if message is not None and message.role == "user":
            yield [at if version == 2 else wait, "m", _marker(message)]
            wait = 0.0
        yield [at if version == 2 else wait, "o", text]
    yield [round(last + _LAST, 6), "o", ""] if version == 2 else [_LAST, "x", "0"]


def _marker(message: Message) -> str:
    names = [part.name for part in media_of(message.content)]
    return one_line(" ".join([message.text, *names]), 60) or role_label(message)
