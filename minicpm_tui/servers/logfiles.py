"""The log file of each server: opened for appending, capped, the last ten kept."""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path

from minicpm_tui import paths
from minicpm_tui.files import PRIVATE_FILE, make_private_dir, storage_errors

KEPT = 10
CAP = 64 << 20
_HEAD = 4 << 20
_TAIL = 16 << 20
_PUNCH_HOLE_KEEP_SIZE = 0x03  # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, linux/falloc.h


def folder() -> Path:
    """Where the logs lie."""
    return paths.state_dir() / "logs"


def path_for(server_id: str) -> Path:
    """The log of the server ``server_id``, whether or not it is there."""
    return folder() / f"{server_id}.log"


def open_new(server_id: str) -> int:
    """Create the log of a new server for appending and drop the oldest ones. Raises StorageError."""
    path = path_for(server_id)
    make_private_dir(path.parent)
    prune(path.parent, KEPT - 1)
    with storage_errors(path):
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, PRIVATE_FILE)


def prune(where: Path, keep: int) -> None:
    """Delete all but the newest ``keep`` logs, but none that a running server still writes to."""
    logs = sorted(where.glob("*.log"), key=lambda log: log.stat().st_mtime, reverse=True)
    in_use = _open_files() if len(logs) > keep else set()
    for log in logs[keep:]:
        with contextlib.suppress(OSError):
            found = log.stat()
            if (found.st_dev, found.st_ino) not in in_use:
                log.unlink()


def _open_files() -> set[tuple[int, int]]:
    """Standard output of all processes we may look at, by device and inode."""
    found = set()
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                output = Path(entry.path, "fd", "1").stat()
                found.add((output.st_dev, output.st_ino))
    return found


def cap(path: Path, limit: int = CAP) -> None:
    """Give the middle of a log that has grown over ``limit`` bytes back to the disk: its start and its end stay.

    The server keeps appending meanwhile and loses nothing. Where the file system cannot punch holes, the log starts anew.
    """
    with contextlib.suppress(OSError):
        found = path.stat()
        if found.st_blocks * 512 <= limit:
            return
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            hole = ctypes.c_longlong(found.st_size - _HEAD - _TAIL)
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.fallocate(handle, _PUNCH_HOLE_KEEP_SIZE, ctypes.c_longlong(_HEAD), hole) != 0:
                os.ftruncate(handle, 0)
        finally:
            os.close(handle)
