"""Sixel pictures, one cell row at a time, so that they scroll and clip with the text around them.

Source: https://vt100.net/docs/vt3xx-gp/chapter14.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

COLOURS = 64
_RUN = re.compile(rb"(.)\1{3,}", re.DOTALL)
_TO_SIXEL = bytes((value + 63) % 256 for value in range(256))


def rows(picture: Image, cell_height: int) -> list[str]:
    """One sequence for each cell row of an RGB picture whose height is a multiple of ``cell_height`` pixels."""
    from PIL.Image import Dither, Quantize

    indexed = picture.quantize(COLOURS, method=Quantize.MEDIANCUT, dither=Dither.NONE)
    palette = indexed.getpalette() or []
    width, height = indexed.size
    pixels = indexed.tobytes()
    lines = [pixels[start : start + width] for start in range(0, width * height, width)]
    return [_encode(lines[top : top + cell_height], palette) for top in range(0, height, cell_height)]


def _encode(lines: list[bytes], palette: list[int]) -> str:
    used = sorted(set(b"".join(lines)))
    body = "".join(_definition(colour, palette) for colour in used)
    bands = [lines[top : top + 6] for top in range(0, len(lines), 6)]
    body += "-".join("$".join(_plane(band, colour) for colour in sorted(set(b"".join(band)))) for band in bands)
    return f'\x1bP0;1;0q"1;1;{len(lines[0])};{len(lines)}{body}\x1b\\'


def _definition(colour: int, palette: list[int]) -> str:
    red, green, blue = (round(value * 100 / 255) for value in palette[3 * colour : 3 * colour + 3])
    return f"#{colour};2;{red};{green};{blue}"


def _plane(band: list[bytes], colour: int) -> str:
    """The pixels of one colour in six lines. Bytes are added up as one large number: no loop over pixels."""
    mask = bytes(1 if value == colour else 0 for value in range(256))
    bits = 0
    for number, line in enumerate(band):
        bits |= int.from_bytes(line.translate(mask), "big") << number
    sixels = bits.to_bytes(len(band[0]), "big").translate(_TO_SIXEL)
    runs = _RUN.sub(lambda run: b"!%d%c" % (len(run.group()), run.group(1)[0]), sixels)
    return f"#{colour}{runs.decode('ascii')}"
