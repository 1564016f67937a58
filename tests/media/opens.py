"""Counts how often this process opens a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_counted: dict[str, list[str]] = {}


def _audit(event: str, args: tuple[object, ...]) -> None:
    if event == "open" and _counted and isinstance(args[0], str | bytes | os.PathLike):
        name = os.fsdecode(args[0])
        if name in _counted:
            _counted[name].append(name)


sys.addaudithook(_audit)  # it cannot be removed again, and costs nothing while nothing is counted


@contextmanager
def opens_of(path: Path) -> Iterator[list[str]]:
    """A list that gets an entry each time that the file at ``path`` is opened while the block runs."""
    seen = _counted[str(path)] = []
    try:
        yield seen
    finally:
        del _counted[str(path)]
