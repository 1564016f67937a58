"""What C libraries write to file descriptor 2 (libtiff's warnings) is for nobody: it would stand among what is printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """While this holds, only Python writes to stderr: ``sys.stderr`` has a descriptor of its own."""
    ours = sys.stderr
    try:
        own = os.dup(ours.fileno())
    except (OSError, ValueError):  # a stderr without a file: nobody's screen
        yield
        return
    nobody = os.open(os.devnull, os.O_WRONLY)
    before = os.dup(2)
    ours.flush()
    with os.fdopen(own, "w", encoding=ours.encoding, errors="backslashreplace", buffering=1) as written:
        sys.stderr = written
        os.dup2(nobody, 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            sys.stderr = ours
            os.close(before)
            os.close(nobody)
