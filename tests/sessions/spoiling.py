"""Damage to the search index."""

from __future__ import annotations

import sqlite3

from minicpm_tui import paths


def spoil(table: str) -> None:
    """Write nonsense over the first page of a table of the index."""
    file = paths.cache_dir() / "sessions.sqlite"
    with sqlite3.connect(file) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    db.close()
    with file.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\xff" * size)
