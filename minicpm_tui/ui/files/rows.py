"""The rows of the file tree: which entries show, how deep, which are open and marked. No terminal, no disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from minicpm_tui.ui.files.folder import Entry


@dataclass(frozen=True)
class Row:
    """One line of the tree."""

    entry: Entry
    depth: int
    open: bool = False


@dataclass
class Rows:
    """``listed`` are the folders read so far, ``opened`` those that are unfolded. ``found`` replaces the tree while filtering."""

    root: Path
    listed: dict[Path, tuple[Entry, ...]] = field(default_factory=dict)
    opened: set[Path] = field(default_factory=set)
    marked: dict[Path, None] = field(default_factory=dict)
    found: tuple[Entry, ...] | None = None
    rows: list[Row] = field(default_factory=list)

    def rebuild(self) -> None:
        """Bring ``rows`` up to date with the rest."""
        self.rows = []
        if self.found is not None:
            self.rows = [Row(entry, 0) for entry in self.found]
        else:
            self._add(self.root, 0)

    def _add(self, folder: Path, depth: int) -> None:
        for entry in self.listed.get(folder, ()):
            is_open = entry.folder and entry.path in self.opened
            self.rows.append(Row(entry, depth, is_open))
            if is_open:
                self._add(entry.path, depth + 1)

    def mark(self, path: Path) -> None:
        """Mark a file, or unmark it."""
        if path in self.marked:
            del self.marked[path]
        else:
            self.marked[path] = None

    def index_of(self, path: Path) -> int | None:
        """The row that shows ``path``."""
        return next((index for index, row in enumerate(self.rows) if row.entry.path == path), None)
