"""What a test counts: how often this process opens a file, how many frames a request has."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


def frames_of(body: dict[str, Any]) -> list[int]:
    """How many frames each video has in the last message of a request."""
    content = body["messages"][-1]["content"]
    return [part["video_url"]["url"].count(",") for part in content if part["type"] == "video_url"]
