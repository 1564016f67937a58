"""Ids for rows that have none: the name of their file, with a number where another row has it already."""

from __future__ import annotations

from dataclasses import replace

from minicpm_tui.batch.digests import digest
from minicpm_tui.batch.names import writable
from minicpm_tui.batch.records import Row


class RowIds:
    """Gives the rows of one pass their ids: ``a.jpg``, ``a.jpg#2`` and so on, in their order.

    What is added behind changes no id that was given, and a run goes on with the same.
    """

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def given(self, row: Row) -> Row:
        """``row`` with an id that is text, and of its own where it was ``nameless``."""
        name = writable(row.id)
        if row.nameless:
            name = self._own(name)
        return row if name == row.id else replace(row, id=name)

    def _own(self, name: str) -> str:
        key = _key(name)
        if key not in self._counts:
            self._counts[key] = 1
            return name
        while _key(own := f"{name}#{self._counts[key] + 1}") in self._counts:
            self._counts[key] += 1
        self._counts[key] += 1
        self._counts[_key(own)] = 1
        return own


def _key(name: str) -> int:
    """Where two names share one, the second is numbered without need, which does no harm."""
    return int.from_bytes(digest(name)[:8])
