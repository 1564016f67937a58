"""Lines on a picture: along which the server cuts it, and around what the model found in it. Blocking: call it from threads."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.families import Family, grid
from minicpm_tui.media.small_picture import drawn, picture_size
from minicpm_tui.messages.grounding import Region

if TYPE_CHECKING:
    from PIL.Image import Image

RGB = tuple[int, int, int]

COLOURS: tuple[RGB, ...] = ((255, 64, 64), (64, 220, 64), (80, 160, 255), (255, 210, 0), (255, 96, 255), (0, 220, 220))
"""Of the regions, in turn."""

_CUT = COLOURS[0]
_NUMBERED = 300
"""Pixels a side from which on a number can be read."""


def slices_overlay(source: Path | bytes, family: Family, *, side: int) -> bytes:
    """The picture as a PNG of at most ``side`` pixels a side, with the lines along which the server will cut it.

    Pass what is sent (or the file; both are cut alike). Raises MediaError.
    """
    from PIL import ImageDraw

    image = drawn(source, side)
    draw = ImageDraw.Draw(image)
    cut = grid(*(picture_size(source) or image.size), family)
    for column in range(1, cut.columns):
        at = image.width * column // cut.columns
        draw.line([(at, 0), (at, image.height)], _CUT, width=_thickness(image))
    for row in range(1, cut.rows):
        at = image.height * row // cut.rows
        draw.line([(0, at), (image.width, at)], _CUT, width=_thickness(image))
    return _png(image)


def regions_overlay(source: Path | bytes, regions: Sequence[Region], *, side: int) -> bytes:
    """The picture as a PNG of at most ``side`` pixels a side, with ``regions`` drawn in, each in the next of ``COLOURS``.

    They are numbered from 1 on pictures that are large enough. Raises MediaError.
    """
    from PIL import ImageDraw

    image = drawn(source, side)
    draw = ImageDraw.Draw(image)
    thickness = _thickness(image)
    for number, region in enumerate(regions):
        colour = COLOURS[number % len(COLOURS)]
        corners = [(round(x * (image.width - 1)), round(y * (image.height - 1))) for x, y in region.corners]
        if len(corners) == 1:
            draw.circle(corners[0], 2 * thickness, fill=colour)
        else:
            draw.line([*corners, corners[0]], colour, width=thickness, joint="curve")
        if len(regions) > 1 and max(image.size) >= _NUMBERED:
            x, y = min(corners)
            place = (x + 2 * thickness, y + thickness)
            draw.text(place, str(number + 1), colour, font_size=12 * thickness, stroke_width=2, stroke_fill="black")
    return _png(image)


def _thickness(image: Image) -> int:
    return max(1, max(image.size) // 320)


def _png(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()
