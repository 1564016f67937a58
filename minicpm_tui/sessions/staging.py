"""Folders in which a session is put together before it gets its name, and what a kill left of them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from minicpm_tui.files import storage_errors

_PREFIX = ".import-"


@contextlib.contextmanager
def staging(into: Path) -> Iterator[Path]:
    """A folder in ``into`` that no list shows; what is still in it is gone afterwards. Raises StorageError.

    It is locked while it is used: ``remove_leftovers`` of another program leaves it alone.
    """
    with storage_errors(into):
        place = Path(tempfile.mkdtemp(dir=into, prefix=_PREFIX))
        handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield place
    finally:
        os.close(handle)
        shutil.rmtree(place, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Remove from ``folder`` what killed imports left; those that go on are locked. Never fails."""
    with contextlib.suppress(OSError):
        for place in list(folder.glob(f"{_PREFIX}*")):
            with contextlib.suppress(OSError):
                handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(place, ignore_errors=True)
                finally:
                    os.close(handle)
