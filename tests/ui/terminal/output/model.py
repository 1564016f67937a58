"""A terminal that knows what a program may send it: pyte lacks links, clears with its own background, and is slow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from rich.cells import split_graphemes

_TOKEN = re.compile(
    r"\x1b\]8;[^;]*;([^\x1b]*)\x1b\\|\x1b\[(\??)([\d;]*)([A-Za-z])|\x1b(M)|([\x08\r\n])|([^\x1b\x08\r\n]+)", re.DOTALL
)
_ON_BLANK = {4, 7, 9, 21, 53}
_OFF = {22: {1, 2}, 23: {3}, 24: {4, 21}, 25: {5}, 27: {7}, 28: {8}, 29: {9}, 55: {53}}


@dataclass(frozen=True)
class Look:
    """How a cell is drawn."""

    attributes: frozenset[int] = frozenset()
    colour: tuple[int, ...] = ()
    background: tuple[int, ...] = ()
    link: str = ""


Cell = tuple[str, Look]


@dataclass
class Model:
    """``erases``: what is cleared takes the background that is on, as terminfo's ``bce`` says."""

    columns: int
    rows: int
    erases: bool = True
    x: int = 0
    y: int = 0
    look: Look = Look()
    cells: list[list[Cell]] = field(default_factory=list)
    region: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self.cells = [[("?", Look())] * self.columns for _row in range(self.rows)]
        self.region = (0, self.rows - 1)

    @property
    def seen(self) -> list[list[Cell]]:
        """What can be seen: a blank's foreground cannot."""
        return [[_seen(cell) for cell in row] for row in self.cells]

    def feed(self, data: str) -> None:
        """Do what ``data`` says. Raises ValueError for what no terminal is to be sent."""
        at = 0
        for found in _TOKEN.finditer(data):
            if found.start() != at:
                raise ValueError(data[at : found.start()])
            at = found.end()
            link, private, numbers, final, reverse, control, text = found.groups()
            if text is not None:
                self._write(text)
            elif link is not None:
                self.look = replace(self.look, link=link)
            elif control or reverse:
                self._control(control or reverse)
            elif not private:
                self._sequence([int(number or 0) for number in numbers.split(";")], final)
        if at != len(data):
            raise ValueError(data[at:])

    def _blank(self) -> Cell:
        return " ", Look(background=self.look.background if self.erases else ())

    def _write(self, text: str) -> None:
        for start, end, width in split_graphemes(text)[0]:
            if not width:
                continue
            row = self.cells[self.y]
            row[self.x] = (text[start:end], self.look)
            if width == 2 and self.x + 1 < self.columns:
                row[self.x + 1] = ("", self.look)
            self.x = min(self.columns - 1, self.x + width)  # without autowrap the cursor stays in the last column

    def _control(self, control: str) -> None:
        top, bottom = self.region
        match control:
            case "\x08":
                self.x = max(0, self.x - 1)
            case "\r":
                self.x = 0
            case "\n" if self.y == bottom:
                self.cells[top : bottom + 1] = [*self.cells[top + 1 : bottom + 1], [self._blank()] * self.columns]
            case "\n":
                self.y = min(self.rows - 1, self.y + 1)
            case "M" if self.y == top:
                self.cells[top : bottom + 1] = [[self._blank()] * self.columns, *self.cells[top:bottom]]
            case "M":
                self.y = max(0, self.y - 1)

    def _sequence(self, numbers: list[int], final: str) -> None:
        first, second = numbers[0] or 1, (numbers[1:] or [1])[0] or 1
        self.x, self.y = {
            "H": (second - 1, first - 1),
            "G": (first - 1, self.y),
            "A": (self.x, self.y - first),
            "B": (self.x, self.y + first),
            "C": (self.x + first, self.y),
            "D": (self.x - first, self.y),
        }.get(final, (self.x, self.y))
        match final:
            case "H" | "G" | "A" | "B" | "C" | "D":
                pass
            case "K":
                self.cells[self.y][self.x :] = [self._blank()] * (self.columns - self.x)
            case "X":
                self.cells[self.y][self.x : self.x + first] = [self._blank()] * min(first, self.columns - self.x)
            case "r":
                self.region = (first - 1, (numbers[1:] or [self.rows])[0] - 1)
                self.x = self.y = 0
            case "m":
                self._dress(numbers)
            case _:
                raise ValueError(final)
        self.x, self.y = min(max(0, self.x), self.columns - 1), min(max(0, self.y), self.rows - 1)

    def _dress(self, codes: list[int]) -> None:
        rest = list(codes)
        while rest:
            code = rest.pop(0)
            look = self.look
            if code == 0:
                self.look = Look(link=look.link)
            elif code in (38, 48):
                colour = (code, *rest[: 2 if rest[0] == 5 else 4])
                del rest[: len(colour) - 1]
                self.look = replace(look, colour=colour) if code == 38 else replace(look, background=colour[1:])
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.look = replace(look, colour=(code,))
            elif 40 <= code <= 47 or 100 <= code <= 107:
                self.look = replace(look, background=(code,))
            elif code == 39:
                self.look = replace(look, colour=())
            elif code == 49:
                self.look = replace(look, background=())
            elif code in _OFF:
                self.look = replace(look, attributes=look.attributes - _OFF[code])
            else:
                self.look = replace(look, attributes=look.attributes | {code})


def _seen(cell: Cell) -> Cell:
    text, look = cell
    if text == " " and not look.link and not look.attributes & _ON_BLANK:
        return text, Look(background=look.background)
    return cell
