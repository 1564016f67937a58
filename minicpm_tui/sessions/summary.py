"""What the library knows of a session: a line of the list, and the texts that can be searched."""

from __future__ import annotations

import contextlib
import io
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from minicpm_tui.messages import MediaPart
from minicpm_tui.sessions import digest, ids
from minicpm_tui.sessions.digest import Digest, Said

HEAD_BYTES, HEAD_LINES = 4096, 5
"""Enough of a journal for its header, the settings, the first question and who answers."""
_PICTURES = 4


class SessionInfo(msgspec.Struct, frozen=True):
    """A line of the list, with the fields of ``sessions --json``.

    ``created`` and ``updated`` are ISO 8601 UTC; ``turns`` are the user's messages, ``attachments`` pictures and videos,
    ``bytes`` the whole folder. ``pictures`` are digests of the first attachments, for thumbnails.
    """

    id: str
    title: str
    created: str
    updated: str
    model: str | None
    turns: int
    attachments: int
    bytes: int
    pictures: tuple[str, ...] = ()

    def contract(self) -> dict[str, object]:
        """The object of a JSON list."""
        plain = msgspec.structs.asdict(self)
        del plain["pictures"]
        return plain


class Document(msgspec.Struct, frozen=True):
    """A text that can be searched: of the message ``message``, or the title where that is empty."""

    message: str
    text: str


class Stamp(msgspec.Struct, frozen=True):
    """How a journal looked when it was read; another look means that it has changed."""

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, folder: Path | str) -> Stamp | None:
        """None when there is no journal, or something that only has its name."""
        try:
            found = os.stat(f"{folder}/{ids.JOURNAL}")  # noqa: PTH116 # a Path costs more than the look
        except OSError:
            return None
        return cls(found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def summarise(folder: Path) -> tuple[SessionInfo, list[Document]] | None:
    """Read the session in ``folder``; None when it cannot be read or nothing was said."""
    try:
        with open(f"{folder}/{ids.JOURNAL}", "rb") as file:  # noqa: PTH123 # a Path costs more than the look
            found = digest.read(file)
    except OSError:
        return None
    return _summarise(folder, found)


def glance(folder: Path, stamp: Stamp) -> SessionInfo | None:
    """What the beginning of a journal says: enough for a line of the list until the whole is read."""
    try:
        with open(f"{folder}/{ids.JOURNAL}", "rb", buffering=0) as file:  # noqa: PTH123 # a Path costs more than the look
            data = file.read(HEAD_BYTES)
    except OSError:
        return None
    lines = data.split(b"\n")[:HEAD_LINES]
    if len(lines) < HEAD_LINES and stamp.size > len(data):
        found = summarise(folder)  # the first question is longer than that
        return found[0] if found else None
    found = _summarise(folder, digest.read(io.BytesIO(b"\n".join(lines) + b"\n")), size=stamp.size)
    written = datetime.fromtimestamp(stamp.mtime_ns / 1e9, UTC)
    return msgspec.structs.replace(found[0], updated=ids.stamp(written)) if found else None


def _summarise(folder: Path, found: Digest, size: int | None = None) -> tuple[SessionInfo, list[Document]] | None:
    if not found.said:
        return None
    created = found.created or ids.created_of(folder.name) or found.opened
    media = [part for each in found.said for part in each.media]
    info = SessionInfo(
        id=folder.name,
        title=found.title,
        created=created,
        updated=ids.later(created, found.time),
        model=_model(found),
        turns=[each.role for each in found.said].count("user"),
        attachments=len(media),
        bytes=folder_bytes(folder) if size is None else size,
        pictures=tuple(_pictures(media)),
    )
    return info, [Document("", info.title), *(Document(each.id, _text(each)) for each in found.said)]


def folder_bytes(folder: Path) -> int:
    """Size of all files of a session."""
    return _bytes_in(folder, ids.ATTACHMENTS)


def _bytes_in(folder: Path | str, within: str = "") -> int:
    """Size of the files in a folder and in the one called ``within``."""
    total = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.is_file(follow_symlinks=False):
                    total += entry.stat(follow_symlinks=False).st_size
                elif entry.name == within:
                    total += _bytes_in(entry.path)
    return total


def _text(said: Said) -> str:
    """Words and file names."""
    return "\n".join([said.text, *(part.name for part in said.media)]) if said.media else said.text


def _model(found: Digest) -> str | None:
    """The model of the last reply, else the one that is set."""
    for each in reversed(found.said):
        if each.model:
            return each.model
    return found.model if isinstance(found.model, str) and found.model else None


def _pictures(media: list[MediaPart]) -> list[str]:
    """The first digest of each of the first attachments; of a video the frame in the middle."""
    digests = [part.digests[len(part.digests) // 2] for part in media if part.digests]
    return list(dict.fromkeys(digests))[:_PICTURES]
