"""Whether lines that are to be drawn stand elsewhere on the terminal, which can move them itself (DECSTBM).

The whole width moves, with the panes beside: what then differs there is written again, where that is less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from operator import is_not
from typing import NamedTuple

from minicpm_tui.ui.terminal.output.cells import UNKNOWN, Cell, Row

_FEWEST = 3
"""Lines that differ from which it is looked for."""
_ROW_BYTES = 8
_SCROLL_BYTES = 24
_EDGE = 2
"""Columns at both sides of what changed that may not move with it: a cursor bar, a scrollbar."""


class Scroll(NamedTuple):
    """The lines ``top`` to ``bottom`` move up by ``by`` (negative: down)."""

    top: int
    bottom: int
    by: int

    @property
    def sequence(self) -> str:
        """What the terminal is told; its cursor is nowhere in particular after that."""
        lines = "\n" * self.by if self.by > 0 else "\x1bM" * -self.by
        start = self.bottom if self.by > 0 else self.top
        return f"\x1b[{self.top + 1};{self.bottom + 1}r\x1b[{start + 1}H{lines}\x1b[r"

    def moved(self, rows: Sequence[Row], *, odd: bool) -> Iterator[tuple[int, Row]]:
        """What stands on each of the lines afterwards; pictures (``odd``: there may be some) are moved by some terminals only."""
        for y in range(self.top, self.bottom + 1):
            source = y + self.by
            row = rows[source] if self.top <= source <= self.bottom else None
            yield y, [UNKNOWN] * len(rows[y]) if row is None or (odd and any(cell.picture for cell in row)) else row


def find(shown: Sequence[Row], wanted: Sequence[Row], lines: Sequence[int], *, odd: bool) -> Scroll | None:
    """The scroll that saves most when ``lines`` of ``shown`` become ``wanted``; None when none does."""
    if len(lines) < _FEWEST:
        return None
    left, right = _span(shown, wanted, lines)
    by = _distance(shown, wanted, lines, left, right)
    if not by:
        return None
    top, bottom = max(0, min(lines) + min(by, 0)), min(len(shown) - 1, max(lines) + max(by, 0))
    scroll = Scroll(top, bottom, by)
    without = sum(_cost(shown[y], wanted[y]) for y in lines)
    return scroll if _SCROLL_BYTES + sum(_cost(row, wanted[y]) for y, row in scroll.moved(shown, odd=odd)) < without else None


def _cost(old: Row, new: Row) -> int:
    """About how many bytes it takes to draw ``new`` over ``old``."""
    return sum(map(is_not, old, new)) + _ROW_BYTES if old != new else 0


def _span(shown: Sequence[Row], wanted: Sequence[Row], lines: Sequence[int]) -> tuple[int, int]:
    """The columns within which ``lines`` differ, less the edges."""
    width = len(wanted[0])
    left = beyond = width  # of what is equal at both sides, only as much is looked at as all lines before had
    for y in lines:
        left = next(compress(range(left), map(is_not, shown[y], wanted[y])), left)
        beyond = next(compress(range(beyond), map(is_not, reversed(shown[y]), reversed(wanted[y]))), beyond)
    right = width - beyond
    return (left + _EDGE, right - _EDGE) if right - left > 4 * _EDGE else (left, right)


def _distance(shown: Sequence[Row], wanted: Sequence[Row], lines: Sequence[int], left: int, right: int) -> int:
    """By how many lines most of what is wanted moved up; 0 when nothing did."""
    where: dict[tuple[Cell, ...], int | None] = {}
    for y in lines:
        cells = tuple(shown[y][left:right])
        where[cells] = None if cells in where else y  # what stands there twice tells nothing
    votes: dict[int, int] = {}
    for y in lines:
        before = where.get(tuple(wanted[y][left:right]))
        if before is not None:
            votes[before - y] = votes.get(before - y, 0) + 1
    return max(votes, key=votes.__getitem__, default=0)
