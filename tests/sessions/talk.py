"""A small conversation for the tests of this room."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from minicpm_tui import paths
from minicpm_tui.messages import Blob, Delta, End, Frame, ImagePart, Message, Source, TextPart, Usage, VideoPart
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.importer import import_sessions
from minicpm_tui.sessions.journal import Journal

AT = "2026-03-01T10:00:00.000Z"
MODEL = "openbmb/MiniCPM-V-4_5"
PICTURE = Blob(b"\xff\xd8\xff picture", "image/jpeg")
FRAMES = tuple(Blob(b"\xff\xd8\xff frame %d" % index, "video/jpeg") for index in range(3))
BLOBS = {blob.sha256: blob for blob in (PICTURE, *FRAMES)}


def import_session(path: Path, folder: Path | None = None, say: Callable[[str], None] = lambda _line: None) -> str:
    """The id of the one session in ``path``."""
    [session_id] = import_sessions(path, folder, say)
    return session_id


def question(message_id: str, text: str, parent: str | None = None, *, media: bool = False) -> Message:
    """A user's message, with a picture and a video when ``media``."""
    parts: list[TextPart | ImagePart | VideoPart] = [TextPart(text)]
    if media:
        parts.append(ImagePart("cat.jpg", PICTURE.sha256, 64, 48, source=Source(path="/photos/cat.jpg", bytes=999)))
        parts.append(VideoPart("walk.mp4", tuple(Frame(blob.sha256, index * 0.5) for index, blob in enumerate(FRAMES))))
    return Message(message_id, parent, "user", tuple(parts), AT)


def reply(message_id: str, parent: str) -> Message:
    """A reply that has not begun to arrive."""
    return Message(message_id, parent, "assistant", (), AT, model=MODEL, server="http://127.0.0.1:8000", request={"top_p": 0.7})


def answer(journal: Journal, message_id: str, parent: str, text: str, *, reasoning: str = "") -> None:
    """A whole reply, a word a piece, 0.2 ms apart."""
    journal.append_message(reply(message_id, parent))
    pieces = [Delta("reasoning", reasoning, 0.0005)] if reasoning else []
    words = [word + " " for word in text.split(" ")[:-1]] + text.split(" ")[-1:]
    pieces += [Delta("content", word, 0.001 + 0.0002 * index) for index, word in enumerate(words)]
    journal.append_deltas(message_id, pieces)
    journal.append_end(message_id, End("stop", Usage(120, len(pieces)), 0.001 + 0.0002 * len(pieces), 0.001))


def conversation(folder: Path | None = None) -> Journal:
    """Two turns: a picture and a video asked about, then asked again; closed."""
    with Journal.create(folder=folder, settings={"model": MODEL}) as journal:
        journal.append_message(question("u1", "What is in this picture? 这是一只猫吗", media=True), BLOBS)
        answer(journal, "a1", "u1", "A cat sits on a **red** sofa.", reasoning="Let me look.")
        journal.append_message(question("u2", "And in the video?", "a1"))
        answer(journal, "a2", "u2", "It walks away.")
    return journal


def next_millisecond() -> None:
    """Return in another millisecond than now: two sessions of one have no order."""
    now = ids.now()
    while ids.now() == now:
        time.sleep(0.0005)


def move_away(journal: Journal) -> None:
    """As on another machine: the session is not among the saved ones."""
    assert journal.path is not None
    journal.path.rename(paths.sessions_dir().parent / "elsewhere")


def everything(folder: Path) -> set[str]:
    """The paths of all that is in ``folder``."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
