"""What lies in a folder: folders, and files that can be sent. Blocks: call it from threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from minicpm_tui.ui.composer.pasted import VIDEOS, sendable

MOST_FOUND = 2_000
MOST_SEEN = 200_000
"""A search stops after so many entries, so that a filter on a whole disk ends."""


@dataclass(frozen=True)
class Entry:
    """A folder or file; ``size`` in bytes, None where unknown. ``shown`` is its name, or its path from where a search began."""

    path: Path
    shown: str
    folder: bool
    size: int | None = None

    @property
    def video(self) -> bool:
        """Whether the name says so: nothing is opened for a list."""
        return self.path.suffix[1:].lower() in VIDEOS


def list_folder(folder: Path, *, hidden: bool = False) -> tuple[Entry, ...]:
    """Folders first, then files, each by name. Raises OSError."""
    entries = []
    with os.scandir(folder) as found:
        for item in found:
            if hidden or not item.name.startswith("."):
                entry = _entry(item, item.name)
                if entry is not None:
                    entries.append(entry)
    return tuple(sorted(entries, key=lambda entry: (not entry.folder, entry.shown.casefold())))


def search(folder: Path, words: str, *, hidden: bool = False, stop: Callable[[], bool] = lambda: False) -> tuple[Entry, ...]:
    """Files below ``folder`` whose path from there contains every one of ``words``, nearest first; links are not followed."""
    wanted = words.casefold().split()
    found: list[Entry] = []
    for seen, (item, shown) in enumerate(_walk(folder, hidden)):
        if len(found) >= MOST_FOUND or seen >= MOST_SEEN or (seen % 200 == 0 and stop()):
            break
        if all(word in shown.casefold() for word in wanted):
            entry = _entry(item, shown)
            if entry is not None:
                found.append(entry)
    return tuple(found)


def _walk(top: Path, hidden: bool) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Breadth first."""
    waiting = [(str(top), "")]
    while waiting:
        below: list[tuple[str, str]] = []
        for folder, prefix in waiting:
            try:
                with os.scandir(folder) as entries:
                    items = sorted(entries, key=lambda item: item.name.casefold())
            except OSError:
                continue
            for item in items:
                if not hidden and item.name.startswith("."):
                    continue
                yield item, prefix + item.name
                if item.is_dir(follow_symlinks=False):
                    below.append((item.path, f"{prefix}{item.name}/"))
        waiting = below


def _entry(item: os.DirEntry[str], shown: str) -> Entry | None:
    try:
        folder = item.is_dir()
        if not folder and not (sendable(item.name) and item.is_file()):
            return None
        return Entry(Path(item.path), shown, folder, None if folder else item.stat().st_size)
    except OSError:
        return None
