"""What C libraries do to the process: what they say on file descriptor 2 (libtiff's warnings), and memory that they keep."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minicpm_tui.errors import StorageError
from minicpm_tui.files import PRIVATE_FILE, make_private_dir

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""Parameters of glibc's mallopt(3)."""
_LARGE = 1 << 17
_MOST_BYTES = 1_000_000
"""A log larger than that begins anew."""


@contextmanager
def quiet_libraries(log: Path | None = None) -> Iterator[None]:
    """While this holds, Python alone writes to stderr: ``sys.stderr`` and ``sys.__stderr__`` have a descriptor of their own.

    What others write to descriptor 2 goes to the end of the file ``log``, to nobody without one or where it cannot be opened.
    Processes that are started meanwhile inherit that; ``outspoken`` gives them the real one.
    """
    before = sys.stderr, sys.__stderr__
    try:
        own = os.dup(before[0].fileno())
    except (AttributeError, OSError, ValueError):  # a stderr without a file: nobody's screen
        yield
        return
    before[0].flush()
    real, heard = os.dup(2), _opened(log)
    os.dup2(heard, 2)
    os.close(heard)
    encoding = before[0].encoding
    # Not closed at the end: a thread may still write to it.
    sys.stderr = sys.__stderr__ = os.fdopen(own, "w", encoding=encoding, errors="replace", buffering=1)  # type: ignore[misc] # of use to who draws there
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):  # the terminal is gone
            sys.stderr.flush()
        os.dup2(real, 2)
        os.close(real)
        sys.stderr, sys.__stderr__ = before  # type: ignore[misc]


@contextmanager
def outspoken() -> Iterator[None]:
    """Within ``quiet_libraries``, descriptor 2 is the real stderr while this holds: for a program that gets the terminal."""
    try:
        real = sys.__stderr__.fileno()  # type: ignore[union-attr] # sys.stderr may be Textual's
        quiet = os.dup(2)
    except (AttributeError, OSError, ValueError):
        yield
        return
    os.dup2(real, 2)
    try:
        yield
    finally:
        os.dup2(quiet, 2)
        os.close(quiet)


def _opened(log: Path | None) -> int:
    if log is not None:
        with contextlib.suppress(OSError, StorageError):
            make_private_dir(log.parent)
            handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK, PRIVATE_FILE)
            if os.fstat(handle).st_size > _MOST_BYTES:
                os.ftruncate(handle, 0)
            return handle
    return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)


def give_back_large_blocks() -> None:
    """From now on a freed block of 128 KiB or more, such as a decoded picture, goes back to the system at once.

    glibc begins so, but takes the first one that is freed for the usual size, and each thread keeps what it had of it: ten photos
    of twelve megapixels left 200 MB. Nothing happens where the C library is another one. Source: M_MMAP_THRESHOLD and M_ARENA_MAX
    in mallopt(3).
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_ARENA_MAX, 1)
