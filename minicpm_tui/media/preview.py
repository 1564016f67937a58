"""Small pictures of pictures, videos and pages, as plain data: half blocks, contact sheets, the slices drawn in.

All of it blocks (Pillow, PyAV): call it from threads.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.families import Family, Size, grid
from minicpm_tui.media.small_picture import drawn, picture_size
from minicpm_tui.media.thumbnails import SIDE, thumbnail
from minicpm_tui.text import format_duration

if TYPE_CHECKING:
    from PIL.Image import Image

RGB = tuple[int, int, int]
Cell = tuple[RGB, RGB]
"""One character cell as two pixels: the upper and the lower one (``▀`` with foreground and background)."""

_SHEET_WIDTH = 1280
_GAP = 4
_LINE = (255, 64, 64)


def half_blocks(source: Path | bytes, columns: int, rows: int) -> list[list[Cell]]:
    """``source`` (a file, or a picture's bytes) in at most ``columns``×``rows`` cells, its shape kept, never enlarged.

    A video shows a frame near its beginning, a PDF its first page; files are drawn once (see ``thumbnails``). Raises MediaError
    subclasses.
    """
    side = max(columns, 2 * rows)
    if isinstance(source, Path) and side <= SIDE:
        source = thumbnail(source)
    image = _fitted(drawn(source, side), columns, 2 * rows)
    width, height = image.width, max(2, image.height + image.height % 2)
    if image.height != height:
        image = image.resize((width, height))
    data = image.tobytes()
    pixels: list[RGB] = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    lines = [pixels[at : at + width] for at in range(0, len(pixels), width)]
    return [list(zip(upper, lower, strict=True)) for upper, lower in zip(lines[::2], lines[1::2], strict=True)]


def contact_sheet(frames: Sequence[bytes], times: Sequence[float] = (), *, width: int = _SHEET_WIDTH) -> bytes:
    """The frames of a video side by side, as a PNG ``width`` pixels wide; ``times`` in seconds are written on them.

    Raises ValueError without frames, MediaError for one that is no picture.
    """
    if not frames:
        raise ValueError("no frames")
    from PIL import Image as Images
    from PIL import ImageDraw

    columns = math.ceil(math.sqrt(len(frames)))
    side = max(8, (width - _GAP * (columns - 1)) // columns)
    images = [_fitted(drawn(frame, side), side, side) for frame in frames]
    high = max(image.height for image in images)
    rows = math.ceil(len(frames) / columns)
    sheet = Images.new("RGB", (columns * (side + _GAP) - _GAP, rows * (high + _GAP) - _GAP))
    draw = ImageDraw.Draw(sheet)
    for index, image in enumerate(images):
        left, top = index % columns * (side + _GAP), index // columns * (high + _GAP)
        sheet.paste(image, (left, top))
        if index < len(times):
            draw.text((left + 4, top + 2), format_duration(times[index]), "white", stroke_width=2, stroke_fill="black")
    return _png(sheet)


def slices_overlay(source: Path | bytes, family: Family, max_slices: int | None = None, *, width: int = _SHEET_WIDTH) -> bytes:
    """The picture as a PNG of at most ``width`` pixels a side, with the lines along which the server will cut it.

    Pass what is sent (or the file; both are cut alike). Raises MediaError.
    """
    from PIL import ImageDraw

    image = drawn(source, width)
    draw = ImageDraw.Draw(image)
    cut = grid(*_true_size(source, image), family, max_slices)
    for column in range(1, cut.columns):
        at = image.width * column // cut.columns
        draw.line([(at, 0), (at, image.height)], _LINE, width=3)
    for row in range(1, cut.rows):
        at = image.height * row // cut.rows
        draw.line([(0, at), (image.width, at)], _LINE, width=3)
    return _png(image)


def _true_size(source: Path | bytes, image: Image) -> Size:
    """Pixels of the picture itself, which ``image`` shows smaller."""
    return picture_size(source) or image.size


def _fitted(image: Image, width: int, height: int) -> Image:
    from PIL.Image import Resampling

    scale = min(1.0, width / image.width, height / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image if size == image.size else image.resize(size, Resampling.LANCZOS)


def _png(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()
