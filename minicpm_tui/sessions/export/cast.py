"""asciicast v3, which asciinema's player shows (https://docs.asciinema.org/manual/asciicast/v3/)."""

from __future__ import annotations

import json

from minicpm_tui.messages import Message, media_of
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.labels import role_label
from minicpm_tui.sessions.timeline import Timeline, load
from minicpm_tui.sessions.transcript import transcript
from minicpm_tui.text import one_line

COLUMNS, ROWS = 100, 30


def render(journal: Journal) -> bytes:
    """The conversation as a recording of a terminal, with a marker at each turn."""
    timeline = Timeline((), (), ()) if journal.path is None else load(journal.path)
    moment = ids.moment_of(journal.created)
    header = {"version": 3, "term": {"cols": COLUMNS, "rows": ROWS, "type": "xterm-256color"}, "title": one_line(journal.title)}
    if moment is not None:
        header["timestamp"] = int(moment.timestamp())
    lines: list[object] = [header]
    last = 0.0
    for at, text, message in transcript(timeline, colour=True):
        wait = round(max(at - last, 0.0), 6)
        last += wait
        if message is not None and message.role == "user":
            lines.append([wait, "m", _marker(message)])
            wait = 0.0
        lines.append([wait, "o", text.replace("\n", "\r\n")])
    lines.append([1.0, "x", "0"])
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _marker(message: Message) -> str:
    names = [part.name for part in media_of(message.content)]
    return one_line(" ".join([message.text, *names]), 60) or role_label(message)
