"""A folder to which the user copies files from another machine (scp, rsync, sftp): what is complete is taken out of it."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from minicpm_tui.files import make_private_dir, storage_errors
from minicpm_tui.receiving.store import move_in, safe_name

QUIET_SECONDS = 1.0
"""A file that nobody writes and that did not change for so long is complete."""
QUIET_FOLDER_SECONDS = 5.0
DOUBT_SECONDS = 30.0
"""The time for a file of which the file system cannot tell whether somebody writes it (NFS)."""
_PARTIAL = (".part", ".partial", ".filepart", ".crdownload", ".tmp")
"""Endings of files that WinSCP, browsers and others have not finished; rsync's begin with a point."""
_MOST_FILES = 2000

Shape = tuple[int, int, int]
"""How many files, how many bytes, and the newest time of change in ns."""


@dataclass
class _Seen:
    shape: Shape
    since: float


class Inbox:
    """Looks at ``folder``, which need not be there, as often as ``complete`` is called (blocks)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[str, _Seen] = {}

    def complete(self) -> list[Path]:
        """The files and folders in it that have arrived; links are none."""
        now = time.monotonic()
        shapes = dict(self._entries())
        self._seen = {name: seen for name, seen in self._seen.items() if name in shapes}
        for name, shape in shapes.items():
            if name not in self._seen or self._seen[name].shape != shape:
                self._seen[name] = _Seen(shape, now)
        return [self.folder / name for name, seen in sorted(self._seen.items()) if self._rests(name, now - seen.since)]

    def _entries(self) -> Iterator[tuple[str, Shape]]:
        try:
            entries = list(os.scandir(self.folder))
        except OSError:
            return
        for entry in entries:
            if not entry.name.startswith(".") and not entry.name.lower().endswith(_PARTIAL):
                with suppress(OSError):
                    if (shape := _shape(Path(entry.path))) is not None:
                        yield entry.name, shape

    def _rests(self, name: str, seconds: float) -> bool:
        path = self.folder / name
        if path.is_dir():
            return seconds >= QUIET_FOLDER_SECONDS
        return seconds >= QUIET_SECONDS and (seconds >= DOUBT_SECONDS or not written_now(path))


def take(path: Path, folder: Path) -> Path | None:
    """Move ``path`` into ``folder``; where it is now, or None when another program was quicker. Raises StorageError."""
    make_private_dir(folder)
    with storage_errors(folder):
        try:
            return move_in(path, folder, safe_name(path.name))
        except FileNotFoundError:
            return None


def written_now(path: Path) -> bool:
    """Whether somebody has the file open for writing, as far as the kernel tells: it gives no lease to read then (fcntl(2))."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return True
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno in {errno.EAGAIN, errno.EACCES}
    else:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
    finally:
        os.close(handle)


def _shape(path: Path) -> Shape | None:
    found = path.lstat()
    if stat.S_ISREG(found.st_mode):
        return (1, found.st_size, found.st_mtime_ns) if found.st_size else None
    if not stat.S_ISDIR(found.st_mode):
        return None
    count, size, newest = 0, 0, found.st_mtime_ns
    for folder, _folders, names in os.walk(path):
        for name in names[: _MOST_FILES - count]:
            file = os.lstat(Path(folder) / name)
            count, size, newest = count + 1, size + file.st_size, max(newest, file.st_mtime_ns)
        if count >= _MOST_FILES:
            break
    return (count, size, newest) if count else None
