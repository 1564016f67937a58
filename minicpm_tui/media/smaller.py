"""Pictures that were prepared, once more with fewer bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from minicpm_tui.media.encode import encode_jpeg
from minicpm_tui.messages import Blob

if TYPE_CHECKING:
    from PIL.Image import Image

_CAREFUL = 0.95
"""A smaller picture has more bytes a pixel."""


def as_small_as(pictures: Sequence[bytes], most: int) -> tuple[int, int, list[Blob]]:
    """``pictures``, all of one size, as JPEGs of at most ``most`` bytes each, and their new width and height in pixels. Blocks.

    First the quality is lowered, then all of them are reduced by the same factor.
    """
    from PIL import Image as Images

    opened = [Images.open(io.BytesIO(data)).convert("RGB") for data in pictures]
    width, height = opened[0].size
    scale = 1.0
    while True:
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        made = [encode_jpeg(_reduced(image, size), most) for image in opened]
        over = max(len(blob.data) for blob in made) / most
        if over <= 1 or size == (1, 1):
            return *size, made
        scale *= math.sqrt(1 / over) * _CAREFUL


def _reduced(image: Image, size: tuple[int, int]) -> Image:
    from PIL.Image import Resampling

    return image if image.size == size else image.resize(size, Resampling.LANCZOS)
