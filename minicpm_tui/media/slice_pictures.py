"""A sent picture's slices, cut here as the model's image processor cuts them. Blocking (Pillow): call it from threads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from minicpm_tui.families import Family, Grid, grid
from minicpm_tui.media.small_picture import drawn

if TYPE_CHECKING:
    from PIL.Image import Image

OVERVIEW = 0
"""The number of the reduced whole, which the model gets before the slices."""

_ANY_SIDE = 1_000_000


def slice_picture(data: bytes, family: Family, number: int) -> bytes:
    """Slice ``number`` (from 1, row by row) of the picture in ``data``, or its OVERVIEW, as PNG.

    Resized bicubically to the model's own cells, as ``image_processing_minicpmv.py`` does. Raises MediaError.
    """
    image = drawn(data, _ANY_SIDE)
    cut = grid(*image.size, family)
    made = _slice(image, cut, number) if number != OVERVIEW else _resized(image, cut.overview)
    buffer = io.BytesIO()
    made.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _slice(image: Image, cut: Grid, number: int) -> Image:
    row, column = divmod(number - 1, cut.columns)
    wide, high = cut.cell
    return _resized(image, (cut.width, cut.height)).crop(
        (column * wide, row * high, (column + 1) * wide, (row + 1) * high),
    )


def _resized(image: Image, size: tuple[int, int]) -> Image:
    from PIL.Image import Resampling

    return image if image.size == size else image.resize(size, Resampling.BICUBIC)
