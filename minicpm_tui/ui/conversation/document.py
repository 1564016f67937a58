"""The conversation as one long column of rows, of which only the visible ones are drawn."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from itertools import accumulate
from time import monotonic
from typing import NamedTuple

from minicpm_tui.ui.conversation.entry import Entry
from minicpm_tui.ui.conversation.palette import Palette
from minicpm_tui.ui.conversation.unit import Row, Unit

KEPT_ROWS = 5000
"""Rows kept for units that are out of sight."""


class Place(NamedTuple):
    """A row: which entry, which of its lines, in which unit."""

    entry: int
    line: int
    unit: Unit
    row: Row


class Anchor(NamedTuple):
    """Where the eye rests, whatever changes above: a unit, a line in it, the place in its text."""

    entry: int
    unit: int
    line: int
    height: int
    offset: int | None


class Document:
    """Entries, where they begin, and the rows of what is seen. Heights out of sight are guesses until they are seen."""

    def __init__(self, palette: Palette, width: int) -> None:
        self.palette = palette
        self.width = width
        self.entries: list[Entry] = []
        self._starts: list[int] = [0]
        self._drawn: OrderedDict[Unit, int] = OrderedDict()
        self._kept = 0

    @property
    def height(self) -> int:
        """Rows in all."""
        return self._starts[-1]

    def load(self, entries: list[Entry]) -> None:
        """Show ``entries`` and nothing else."""
        self.entries = entries
        self._drawn.clear()
        self._kept = 0
        self.measure(0)

    def proceed(self, seconds: float) -> int | None:
        """Go on for so long with the first entry that is being cut into blocks; its index, None when there is none."""
        end = monotonic() + seconds
        index = next((number for number, entry in enumerate(self.entries) if entry.cutting), None)
        if index is not None:
            while not self.entries[index].proceed() and monotonic() < end:
                pass
            self.measure(index)
        return index

    def measure(self, first: int) -> None:
        """Heights changed from entry ``first`` on."""
        begin = self._starts[first]
        heights = (entry.height for entry in self.entries[first:])
        self._starts[first:] = list(accumulate(heights, initial=begin))

    def resize(self, palette: Palette, width: int) -> None:
        """Forget everything drawn."""
        self.palette, self.width = palette, width
        self._drawn.clear()
        self._kept = 0
        for entry in self.entries:
            entry.resize(width)
        self.measure(0)

    def start(self, entry: int) -> int:
        """The row at which ``entry`` begins."""
        return self._starts[entry]

    def entry_at(self, y: int) -> int:
        """The entry that row ``y`` belongs to."""
        return min(max(0, bisect_right(self._starts, y) - 1), max(0, len(self.entries) - 1))

    def index_of(self, message_id: str) -> int | None:
        """Which entry shows a message."""
        return next((n for n, entry in enumerate(self.entries) if entry.message.id == message_id), None)

    def whole(self, index: int) -> Entry:
        """Entry ``index`` with all its rows."""
        entry = self.entries[index]
        entry.expand(whole=True)
        for unit in entry.units:
            self.draw(unit)
        self.measure(index)
        return entry

    def draw(self, unit: Unit) -> list[Row]:
        """The rows of ``unit``, remembered as the last used."""
        rows = unit.draw(self.palette)
        self._kept += len(rows) - self._drawn.pop(unit, 0)
        self._drawn[unit] = len(rows)
        while self._kept > KEPT_ROWS and len(self._drawn) > 200:
            oldest, count = self._drawn.popitem(last=False)
            oldest.forget()
            self._kept -= count
        return rows

    def rows(self, first: int, last: int) -> Iterator[Place]:
        """The rows ``first`` … ``last``, the last one excluded."""
        if not self.entries:
            return
        index = self.entry_at(first)
        y = self._starts[index]
        while index < len(self.entries) and y < last:
            line = 0
            for unit in self.entries[index].units:
                if y + unit.height > first and y < last:
                    rows = self.draw(unit)
                    for number in range(max(0, first - y), min(len(rows), last - y)):
                        yield Place(index, line + number, unit, rows[number])
                y += unit.height
                line += unit.height
            index += 1

    def settle(self, top: int, height: int, *, follow: bool, anchor: Anchor | None = None) -> int:
        """Draw what is seen from row ``top`` on, so that its heights are known; where ``top`` is then.

        What stands at ``anchor``, or at ``top``, stays where it is; with ``follow`` the end does.
        """
        if anchor is None:
            top = self._expand_at(max(0, self.height - height) if follow else top)
            anchor = self.anchor(top)
        else:
            self.draw(self.entries[anchor.entry].units[anchor.unit])
            self.measure(anchor.entry)
            top = self.locate(anchor)
        while (changed := self._draw_guessed(top, height)) is not None:
            self.measure(changed)
            top = max(0, self.height - height) if follow else self.locate(anchor)
        return max(0, min(top, self.height - height))

    def _expand_at(self, top: int) -> int:
        """Cut the entry at ``top`` into its blocks; where ``top`` is then."""
        if not self.entries:
            return 0
        index = self.entry_at(top)
        entry = self.entries[index]
        begin, before = self._starts[index], entry.height
        if not entry.expand():
            return top
        self.measure(index)
        return begin + (top - begin) * entry.height // max(1, before)

    def _draw_guessed(self, top: int, height: int) -> int | None:
        """Draw the seen units whose height is a guess; the first entry that changed, None when there was none."""
        if not self.entries:
            return None
        first = self.entry_at(top)
        changed = None
        for index in range(first, min(self.entry_at(top + height) + 1, len(self.entries))):
            entry = self.entries[index]
            if entry.expand():
                return index if changed is None else changed
            y = self._starts[index]
            for unit in entry.units:
                if not unit.exact and y + unit.height >= top and y <= top + height:
                    self.draw(unit)
                    changed = index if changed is None else changed
                y += unit.height
        return changed

    def anchor(self, top: int) -> Anchor | None:
        """What stands at row ``top``."""
        if not self.entries:
            return None
        index = self.entry_at(top)
        y = self._starts[index]
        for number, unit in enumerate(self.entries[index].units):
            if y + unit.height > top:
                line = top - y
                row = unit.rows[line] if unit.rows is not None and line < len(unit.rows) else None
                marks = row.line.marks if row else ()
                offset = marks[0].leaf.start + marks[0].offset if marks else None
                return Anchor(index, number, line, unit.height, offset)
            y += unit.height
        return Anchor(index, 0, 0, 0, None)

    def locate(self, anchor: Anchor | None) -> int:
        """The row at which ``anchor`` stands now."""
        if anchor is None or anchor.entry >= len(self.entries):
            return 0
        y = self._starts[anchor.entry]
        units = self.entries[anchor.entry].units
        if anchor.unit >= len(units):
            return y
        y += sum(unit.height for unit in units[: anchor.unit])
        unit = units[anchor.unit]
        if anchor.offset is not None and unit.rows is not None:
            return y + _row_of(unit.rows, anchor.offset)
        if anchor.height != unit.height and anchor.height:
            return y + anchor.line * unit.height // anchor.height
        return y + min(anchor.line, max(0, unit.height - 1))


def _row_of(rows: list[Row], offset: int) -> int:
    best = 0
    for number, row in enumerate(rows):
        for mark in row.line.marks[:1]:
            if mark.leaf.start + mark.offset <= offset:
                best = number
    return best
