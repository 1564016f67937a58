"""What stands on the terminal, cell by cell, and what is to stand there: a frame is the difference between the two."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress
from operator import is_not

from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate

from minicpm_tui.ui.terminal.output import scrolling
from minicpm_tui.ui.terminal.output.cells import BLANK, UNKNOWN, Glyphs, Row
from minicpm_tui.ui.terminal.output.pen import Pen

_GAP = 4
"""Equal cells between two that differ, up to which writing them too is shorter than stepping over."""


class Surface:
    """The terminal's cells. ``erases``: what it clears takes the background that is on; ``system``: its colours."""

    def __init__(self, system: ColorSystem, *, erases: bool) -> None:
        self._glyphs = Glyphs(system)
        self._pen = Pen(erases=erases)
        self._shown: list[Row] = []
        self._wanted: list[Row] = []
        self._dirty: set[int] = set()

    def forget(self) -> None:
        """The terminal may show anything: the next frame draws all of it."""
        self._shown = [[UNKNOWN] * len(row) for row in self._wanted]
        self._dirty = set(range(len(self._wanted)))
        self._pen.forget()

    def resize(self, width: int, height: int) -> None:
        """The terminal has ``width``×``height`` cells now and may show anything."""
        if (len(self._wanted), len(self._wanted[0]) if self._wanted else 0) != (height, width):
            self._wanted = [[BLANK] * width for _line in range(height)]
            self.forget()

    def apply(self, update: CompositorUpdate) -> bool:
        """Take over what ``update`` draws; False when it is of a kind that is not known."""
        if isinstance(update, LayoutUpdate):
            for y, strips in enumerate(update.strips, update.region.y):
                x = update.region.x
                for strip in strips:
                    x = self._put(x, y, self._glyphs.row(strip))
        elif isinstance(update, ChopsUpdate):
            for y, begin, end in update.spans:
                for stop, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                    if chop is not None and x < end and stop > begin:
                        left = max(x, begin)
                        self._put(left, y, self._glyphs.row(chop)[left - x : min(stop, end) - x])
        else:
            return False
        return True

    def _put(self, x: int, y: int, cells: Row) -> int:
        """Put ``cells`` on line ``y``; returns where they end."""
        end = x + len(cells)
        if 0 <= y < len(self._wanted):
            row = self._wanted[y]
            if row[x:end] != cells:
                row[x:end] = cells[: max(0, len(row) - x)]
                self._mend(row, x)
                self._mend(row, end)
                self._dirty.add(y)
        return end

    def _mend(self, row: Row, x: int) -> None:
        """Half of something wide, whose other half went at the edge before column ``x``, is a blank."""
        left = row[x - 1] if 0 < x <= len(row) else None
        right = row[x] if x < len(row) else None
        if left is not None and left.width == 2 and (right is None or right.width):
            row[x - 1] = self._glyphs.blank(left.codes)
        if right is not None and not right.width and (left is None or left.width != 2):
            row[x] = self._glyphs.blank(right.codes)

    def frame(self, caret: tuple[int, int]) -> str:
        """The bytes that make the terminal show what is wanted, with its cursor at ``caret`` (column, line)."""
        changed = [y for y in sorted(self._dirty) if self._wanted[y] != self._shown[y]]
        self._dirty.clear()
        if scroll := scrolling.find(self._shown, self._wanted, changed, odd=self._glyphs.odd):
            self._pen.raw(scroll.sequence)
            self._pen.x = self._pen.y = None
            for y, row in list(scroll.moved(self._shown, odd=self._glyphs.odd)):
                self._shown[y] = row
            changed = sorted({*changed, *range(scroll.top, scroll.bottom + 1)})
        for y in changed:
            self._draw(y)
        self._pen.move(*caret)
        return self._pen.take()

    def _draw(self, y: int) -> None:
        new, old = self._wanted[y], self._shown[y]
        if new == old:  # scrolled here
            return
        for begin, end in _runs(old, new, odd=self._glyphs.odd):
            self._pen.move(begin, y)
            self._pen.draw(new[begin:end], len(new), to_end=end == len(new))
        self._shown[y] = new.copy()


def _runs(old: Row, new: Row, *, odd: bool) -> Iterator[tuple[int, int]]:
    """The columns of ``new`` to write over ``old``, as half-open ranges; ``odd``: there may be cells that need the whole line."""
    differs = list(compress(range(len(new)), map(is_not, old, new)))
    if not differs:
        return
    if odd and any(cell.unsure or cell.picture for row in (old, new) for cell in row):
        yield 0, len(new)
        return
    begin = last = differs[0]
    for x in (*differs[1:], None):
        if x is not None and x - last <= _GAP:
            last = x
            continue
        yield _whole(new, begin, last + 1)
        if x is not None:
            begin = last = x


def _whole(cells: Row, begin: int, end: int) -> tuple[int, int]:
    """The range with both halves of what is wide."""
    if begin and cells[begin].width == 0:
        begin -= 1
    if end < len(cells) and cells[end].width == 0:
        end += 1
    return begin, end
