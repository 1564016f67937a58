"""Thumbnails that are drawn once: kept in the cache folder until the file changes."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from pathlib import Path

from minicpm_tui.errors import StorageError
from minicpm_tui.files import make_private_dir, write_durably
from minicpm_tui.media.helpers import GLANCE_SECONDS, is_read_here, read_in_worker
from minicpm_tui.media.opened import open_media
from minicpm_tui.media.safe_open import unreadable
from minicpm_tui.media.small_picture import drawn
from minicpm_tui.paths import cache_dir

SIDE = 320
_MOST = 2000


def thumbnail(path: Path) -> bytes:
    """The file at ``path`` (picture, video, PDF) as a JPEG of at most ``SIDE`` pixels a side.

    Blocks: call it from a thread. Raises MediaError subclasses; a cache that cannot be written is done without.
    """
    kept = _place(path)
    with contextlib.suppress(OSError):
        return kept.read_bytes()
    data = draw_thumbnail(path)
    with contextlib.suppress(StorageError, OSError):
        make_private_dir(kept.parent)
        _make_room(kept.parent)
        write_durably(kept, data)
    return data


def draw_thumbnail(path: Path) -> bytes:
    """What ``thumbnail`` keeps, drawn anew. Raises MediaError subclasses."""
    with open_media(path) as opened:
        if opened.kind != "other" and not is_read_here(opened):
            return read_in_worker("thumbnail", opened, (path,), seconds=GLANCE_SECONDS)[0]
    buffer = io.BytesIO()
    drawn(path, SIDE).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _place(path: Path) -> Path:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    key = f"{status.st_dev} {status.st_ino} {status.st_mtime_ns} {status.st_size} {SIDE} ".encode() + os.fsencode(path.absolute())
    return cache_dir() / "previews" / f"{hashlib.sha256(key).hexdigest()}.jpg"


def _make_room(folder: Path) -> None:
    """Drop the older half when there are too many."""
    kept = list(folder.iterdir())
    if len(kept) < _MOST:
        return
    kept.sort(key=lambda each: each.stat().st_mtime)
    for each in kept[: _MOST // 2]:
        each.unlink(missing_ok=True)
