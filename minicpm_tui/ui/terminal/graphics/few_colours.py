"""Cells of a picture for terminals with 256, 16 or 8 colours, or for ink alone: what a colour cannot tell, dithering does.

The error of each pixel is handed on to those beside it and below (Floyd and Steinberg, as Pillow does it).
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from minicpm_tui.ui.terminal.graphics.symbols import Symbols
from minicpm_tui.ui.terminal.graphics.two_colours import TwoColours, two_colours

if TYPE_CHECKING:
    from PIL.Image import Image

_BASIC = (
    *((0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170)),
    *((85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255), (255, 255, 255)),
)
"""The 16 colours as Rich takes them to be (those of VGA), so that it finds each again."""
_STEPS = (0, 95, 135, 175, 215, 255)
"""Of each primary in the 216 colours of xterm, https://github.com/ThomasDickey/xterm-snapshots/blob/master/256colres.pl"""


_GAMMA = 1.6
"""Light adds up to a shade, which asks for the 2.2 of sRGB; a little less keeps more of what is dark."""


def colours_of(count: int) -> tuple[tuple[int, int, int], ...]:
    """What a terminal with ``count`` colours (256, 16 or 8) has; of 256 those that are the same in every terminal."""
    if count < 256:
        return _BASIC[:count]
    cube = ((red, green, blue) for red in _STEPS for green in _STEPS for blue in _STEPS)
    coloured = tuple(colour for colour in cube if len(set(colour)) > 1)
    return (*coloured, (0, 0, 0), *((value, value, value) for value in range(8, 239, 10)), (255, 255, 255))


def given_to_rich(count: int) -> tuple[tuple[int, int, int], ...]:
    """What makes Rich send each of ``colours_of(count)``: from the middle up it takes a grey of the 256 for the one below."""
    if count < 256:
        return colours_of(count)
    greys = {8 + 10 * step: round((step + 1) * 255 / 25) for step in range(24)}
    return tuple(
        (greys[red],) * 3 if red == green == blue and red in greys else (red, green, blue)
        for red, green, blue in colours_of(count)
    )


def of_many(pixels: Image, symbols: Symbols, count: int) -> TwoColours:
    """The cells that show ``pixels`` with ``count`` colours, so many that a cell's two are near to what they should be."""
    cells = two_colours(pixels, symbols)
    return TwoColours(cells.parts, *(_coloured(_dithered(colours, count), count) for colours in (cells.over, cells.under)))


def of_few(pixels: Image, symbols: Symbols, count: int) -> TwoColours:
    """The cells that show ``pixels``, dithered part by part; a cell has the two colours that most of its parts got."""
    from PIL import Image as Pictures

    dithered = _dithered(pixels.point(_as_bright(count)), count)
    columns = pixels.width // symbols.across
    lines, width = dithered.tobytes(), pixels.width
    divided = []
    for top in range(0, len(lines), width * symbols.down):
        parts = [
            lines[top + line * width + place : top + (line + 1) * width : symbols.across] for line, place in _places(symbols)
        ]
        divided += [_divided(cell, count) for cell in zip(*parts, strict=True)]
    size = (columns, len(divided) // columns)
    codes, over, under = (bytes(each) for each in zip(*divided, strict=True))
    return TwoColours(codes, *(_coloured(Pictures.frombytes("P", size, indexes), count) for indexes in (over, under)))


def of_ink(pixels: Image, symbols: Symbols, *, light: bool) -> bytes:
    """Which parts of each cell have ink, bright on a dark ground, or dark on a ``light`` one."""
    from PIL.ImageOps import autocontrast, invert

    grey = autocontrast(pixels.convert("L")).point([round(255 * (value / 255) ** _GAMMA) for value in range(256)])
    dots = (invert(grey) if light else grey).convert("1").convert("L").tobytes()
    width = pixels.width
    codes: list[int] = []
    for top in range(0, len(dots), width * symbols.down):
        parts = [dots[top + line * width + place : top + (line + 1) * width : symbols.across] for line, place in _places(symbols)]
        codes += [sum(1 << number for number, dot in enumerate(cell) if dot) for cell in zip(*parts, strict=True)]
    return bytes(codes)


def _as_bright(count: int) -> list[int]:
    """What each value becomes so that the brightest is what the brightest colour has."""
    most = max(max(colour) for colour in colours_of(count))
    return [value * most // 255 for value in range(256)] * 3


def _places(symbols: Symbols) -> list[tuple[int, int]]:
    """Line and column of each part in its cell."""
    return [(line, place) for line in range(symbols.down) for place in range(symbols.across)]


@cache
def _palette(count: int) -> Image:
    from PIL import Image as Pictures

    palette = Pictures.new("P", (1, 1))
    palette.putpalette([value for colour in colours_of(count) for value in colour])
    return palette


def _coloured(indexed: Image, count: int) -> Image:
    indexed.putpalette([value for colour in given_to_rich(count) for value in colour])
    return indexed.convert("RGB")


def _dithered(pixels: Image, count: int) -> Image:
    from PIL.Image import Dither

    return pixels.quantize(palette=_palette(count), dither=Dither.FLOYDSTEINBERG)


@lru_cache(maxsize=1 << 14)
def _divided(cell: tuple[int, ...], count: int) -> tuple[int, int, int]:
    """Which parts have the first of two colours, and the numbers of both."""
    first, *others = sorted(set(cell), key=cell.count, reverse=True)
    if not others:
        return (1 << len(cell)) - 1, first, first
    second = others[0]
    from_first, from_second = _distances(count)[first], _distances(count)[second]
    parts = 0
    for number, colour in enumerate(cell):
        if from_first[colour] <= from_second[colour]:
            parts |= 1 << number
    return parts, first, second


@cache
def _distances(count: int) -> tuple[tuple[int, ...], ...]:
    """Of each colour from each."""
    colours = colours_of(count)
    return tuple(
        tuple(sum((one - two) ** 2 for one, two in zip(here, there, strict=True)) for there in colours) for here in colours
    )
