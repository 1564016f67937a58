"""The terminal's cursor and style: moves it and changes it with as few bytes as can be."""

from __future__ import annotations

from minicpm_tui.ui.terminal.output.cells import Cell
from minicpm_tui.ui.terminal.output.sgr import SEEN_ON_BLANKS, Codes, change

_MOST_KNOWN = 1000
_WORTH_ERASING = 9
"""Blanks between other cells from which erasing and stepping over them is shorter."""


class Pen:
    """Collects what is written; ``erases``: what the terminal clears takes the background that is on (BCE)."""

    def __init__(self, *, erases: bool) -> None:
        self.erases = erases
        self.x: int | None = None
        self.y: int | None = None
        self.codes: Codes | None = None
        self._out: list[str] = []
        self._known: dict[tuple[object, ...], tuple[str, Codes | None, int | None]] = {}

    def forget(self) -> None:
        """Cursor and style may be anything."""
        self.x = self.y = self.codes = None

    def take(self) -> str:
        """What was collected, which is collected no more."""
        out = "".join(self._out)
        self._out.clear()
        return out

    def raw(self, sequence: str) -> None:
        self._out.append(sequence)

    def move(self, x: int, y: int) -> None:
        """The cursor to column ``x`` of line ``y``, both from 0."""
        if (x, y) == (self.x, self.y):
            return
        ways = [f"\x1b[{y + 1 if y else ''}H" if x == 0 else f"\x1b[{y + 1};{x + 1}H"]
        if y == self.y:
            ways.append(f"\x1b[{x + 1}G")
            if x == 0:
                ways.append("\r")
            if self.x is not None and x > self.x:
                ways.append(f"\x1b[{_count(x - self.x)}C")
            elif self.x is not None:
                ways += ["\b" * (self.x - x), f"\x1b[{_count(self.x - x)}D"]
        elif x == self.x and self.y is not None:
            ways.append(f"\x1b[{_count(y - self.y)}B" if y > self.y else f"\x1b[{_count(self.y - y)}A")
        self._out.append(min(ways, key=len))
        self.x, self.y = x, y

    def dress(self, codes: Codes) -> None:
        """Draw with ``codes`` from now on."""
        if self.codes != codes:
            self._out.append(change(self.codes, codes))
            self.codes = codes

    def _dress_blank(self, codes: Codes) -> None:
        """So that blanks look like ``codes``: a foreground that nobody sees stays."""
        if codes.attributes or codes.link or self.codes is None:
            self.dress(codes)
        elif self.codes.background != codes.background or self.codes.attributes & SEEN_ON_BLANKS:
            self.dress(Codes(self.codes.attributes - SEEN_ON_BLANKS, self.codes.colour, codes.background))

    def draw(self, cells: list[Cell], width: int, *, to_end: bool) -> None:
        """Write ``cells`` where the cursor is, on a terminal of ``width`` columns; ``to_end``: they reach its right edge.

        Where the terminal scrolls, the pane beside is written again at every line: what that took is remembered.
        """
        key = (*cells, self.codes, to_end)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[key] = self._drawn(cells, to_end=to_end)
        text, self.codes, steps = known
        self._out.append(text)
        self.x = None if self.x is None or steps is None or self.x + steps >= width else self.x + steps

    def _drawn(self, cells: list[Cell], *, to_end: bool) -> tuple[str, Codes | None, int | None]:
        """What writes ``cells``, the style that is on after that, and how far the cursor goes (None: nobody knows)."""
        other = Pen(erases=self.erases)
        other.codes, other.x = self.codes, 0
        other._draw(cells, to_end=to_end)
        return other.take(), other.codes, other.x

    def _draw(self, cells: list[Cell], *, to_end: bool) -> None:
        at, count = 0, len(cells)
        while at < count:
            cell = cells[at]
            end = at + 1
            if cell.text == " " and not cell.picture:
                while end < count and cells[end] is cell:
                    end += 1
                self._blanks(cell, end - at, last=end == count, to_end=to_end and end == count)
            else:
                while end < count and cells[end].codes is cell.codes and cells[end].text != " ":
                    end += 1
                self._text(cells[at:end])
            at = end

    def _blanks(self, cell: Cell, count: int, *, last: bool, to_end: bool) -> None:
        self._dress_blank(cell.codes)
        erasing = self.erases and not cell.codes.attributes and not cell.codes.link
        if erasing and to_end and count > 2:
            self._out.append("\x1b[K")
        elif erasing and last and count > 4:
            self._out.append(f"\x1b[{count}X")
        elif erasing and count > _WORTH_ERASING:
            self._out.append(f"\x1b[{count}X\x1b[{count}C")
            self._step(count)
        else:
            self._linked(" " * count, cell.codes.link)
            self._step(count)

    def _text(self, cells: list[Cell]) -> None:
        codes = cells[0].codes
        self.dress(codes._replace(link="") if codes.link else codes)
        text = "".join([cell.text for cell in cells])
        self._linked(text, codes.link)
        if not text.isascii() and any(cell.unsure for cell in cells):
            self.x = None
        self._step(len(cells))

    def _linked(self, text: str, link: str) -> None:
        self._out.append(f"\x1b]8;;{link}\x1b\\{text}\x1b]8;;\x1b\\" if link else text)

    def _step(self, count: int) -> None:
        if self.x is not None:
            self.x += count


def _count(number: int) -> str:
    return "" if number == 1 else str(number)
