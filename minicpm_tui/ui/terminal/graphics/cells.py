"""A picture as cells of text: each has the symbol and the two colours that come nearest to its pixels.

Where there are few colours it is dithered, and where there are none, the symbols alone make its shades.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style

from minicpm_tui.ui.terminal.graphics import few_colours
from minicpm_tui.ui.terminal.graphics.symbols import SYMBOLS
from minicpm_tui.ui.terminal.graphics.two_colours import TwoColours, two_colours

if TYPE_CHECKING:
    from PIL.Image import Image

    from minicpm_tui.ui.terminal.graphics.query import Terminal

Rows = list[list[Segment]]
_FEW, _MANY = 16, 256
_AHEAD = 3.0
"""From how many times too many pixels a cheap reduction comes first (Pillow's ``reducing_gap``)."""


def rows(picture: Image, columns: int, lines: int, terminal: Terminal) -> Rows:
    """An RGB ``picture`` drawn over ``lines`` lines of ``columns`` cells: a segment a cell, or a line if there are no colours."""
    from PIL.Image import Resampling

    symbols = SYMBOLS[terminal.shown_blocks]
    size = (columns * symbols.across, lines * symbols.down)
    pixels = picture.resize(size, Resampling.BOX, reducing_gap=_AHEAD)
    if terminal.colours == 0:
        return _ink(few_colours.of_ink(pixels, symbols, light=bool(terminal.light)), columns, symbols.characters)
    if terminal.colours <= _FEW:
        cells = few_colours.of_few(pixels, symbols, terminal.colours)
    elif terminal.colours <= _MANY:
        cells = few_colours.of_many(pixels, symbols, terminal.colours)
    else:
        cells = two_colours(pixels, symbols)
    return _segments(cells, symbols.characters)


def _ink(codes: bytes, columns: int, characters: str) -> Rows:
    shown = "".join(characters[code] for code in codes)
    return [[Segment(shown[start : start + columns])] for start in range(0, len(shown), columns)]


def _segments(cells: TwoColours, characters: str) -> Rows:
    full = len(characters) - 1
    shown = []
    for parts, over, under in zip(cells.parts, _triplets(cells.over), _triplets(cells.under), strict=True):
        if parts in {0, full}:
            shown.append(Segment(" ", Style.from_color(None, _colour(over if parts else under))))
        else:
            shown.append(Segment(characters[parts], Style.from_color(_colour(over), _colour(under))))
    columns = cells.over.width
    return [shown[start : start + columns] for start in range(0, len(shown), columns)]


def _triplets(picture: Image) -> list[ColorTriplet]:
    pixels = picture.tobytes()
    return list(map(ColorTriplet, pixels[::3], pixels[1::3], pixels[2::3]))


def _colour(triplet: ColorTriplet) -> Color:
    """As ``Color.from_triplet``, which spends most of its time on a name that nobody asks for."""
    return Color("", ColorType.TRUECOLOR, None, triplet)
