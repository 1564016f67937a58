"""Many sessions, quickly written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from minicpm_tui import paths
from minicpm_tui.messages import End, Message, TextPart
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.events import DeltaEvent, EndEvent, Header, MessageEvent, OpenEvent, encode

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def write(texts: Sequence[str], number: int, *, seconds: float = 60.0, every: timedelta = timedelta(days=1)) -> Path:
    """A session of questions and replies in turn, begun ``number`` times ``every`` after the first, that took ``seconds``."""
    begun = FIRST + number * every
    folder = paths.sessions_dir() / f"{begun:%Y%m%d-%H%M%S}-{number:04}"
    at = ids.stamp(begun)
    lines = [encode(Header(id=folder.name, created=at)), encode(OpenEvent(t=0.0, at=at))]
    wait = seconds / len(texts)
    for place, text in enumerate(texts):
        at = ids.stamp(begun + timedelta(seconds=wait * place))
        parent = f"m{place - 1}" if place else None
        if place % 2 == 0:
            lines.append(encode(MessageEvent.of(0.0, Message(f"m{place}", parent, "user", (TextPart(text),), at))))
            lines.append(encode(OpenEvent(t=wait, at=at)))
            continue
        lines.append(encode(MessageEvent.of(0.0, Message(f"m{place}", parent, "assistant", (), at, model="MiniCPM-V-4_5"))))
        pieces = tuple((0.0, "content", piece) for piece in (text[:5], text[5:]))
        lines.append(encode(DeltaEvent(t=wait, id=f"m{place}", pieces=pieces)))
        lines.append(encode(EndEvent.of(0.0, f"m{place}", End("stop"))))
    folder.mkdir(parents=True)
    (folder / ids.JOURNAL).write_bytes(b"".join(lines))
    return folder
