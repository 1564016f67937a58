"""A file that only grows, of which a failed write leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from minicpm_tui.files import PRIVATE_FILE, storage_errors


class LineLog:
    """Appends whole lines to ``path``; the caller holds the session's lock.

    Args:
        path: the file; made when it is not there.
        end: bytes of it that are whole lines; the rest, torn by a crash, is cut off.
        newline: the last whole line still needs its newline.
    """

    def __init__(self, path: Path, *, end: int = 0, newline: bool = False) -> None:
        self.path = path
        with storage_errors(path):
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, PRIVATE_FILE)
            try:
                if os.fstat(self._handle).st_size > end:
                    os.ftruncate(self._handle, end)
            except OSError:
                os.close(self._handle)
                raise
        self._newline = newline

    def append(self, lines: bytes, *, durable: bool = False) -> None:
        """Write ``lines``; with ``durable`` they are on the disk when this returns.

        Raises StorageError, and then none of ``lines`` is in the file. Only what this call itself wrote is ever taken back.
        """
        needed = self._newline
        rest = memoryview(b"\n" + lines if needed else lines)
        with storage_errors(self.path):
            before = os.fstat(self._handle).st_size
            try:
                while rest:
                    rest = rest[os.write(self._handle, rest) :]
                if durable:
                    os.fsync(self._handle)
            except OSError:
                # Where even that fails, the torn part becomes a line of its own that a reader passes over.
                self._newline = True
                with contextlib.suppress(OSError):
                    os.ftruncate(self._handle, before)
                    self._newline = needed
                raise
        self._newline = False

    def close(self) -> None:
        """Close the file; further calls do nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
