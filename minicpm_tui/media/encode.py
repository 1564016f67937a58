"""Pixels to the bytes that are sent: no larger than they need be, no worse than the model would notice."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from minicpm_tui.messages import Blob

if TYPE_CHECKING:
    from PIL.Image import Image

PICTURE_BYTES = 360_000
_QUALITIES = (92, 89, 86, 83, 80)
_WORTH_TRYING = 1.6  # a fast lossless try that is larger than this many times the JPEG never ends up smaller


def encode(image: Image, limit: int = PICTURE_BYTES) -> Blob:
    """An RGB picture as PNG where that is smaller than as JPEG, else as JPEG (see ``encode_jpeg``)."""
    image = _pixels_alone(image)
    jpeg = encode_jpeg(image, limit)
    if len(_png(image, 1)) > _WORTH_TRYING * len(jpeg.data):
        return jpeg
    png = _png(image, 9)
    return Blob(png, "image/png") if len(png) <= len(jpeg.data) else jpeg


def encode_jpeg(image: Image, limit: int) -> Blob:
    """JPEG without colour subsampling, quality 92, or less down to 80 until it has at most ``limit`` bytes."""
    from PIL import ImageFile

    image = _pixels_alone(image)
    # Optimised tables need the whole file in Pillow's buffer, and its guess of one byte a pixel is too low for noise.
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 3 * image.width * image.height)
    data = b""
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, subsampling=0, optimize=True)
        data = buffer.getvalue()
        if len(data) <= limit:
            break
    return Blob(data, "image/jpeg")


def _pixels_alone(image: Image) -> Image:
    """A copy without ``info``: Pillow writes a comment or profile that it finds there."""
    from PIL import Image as Images

    plain = Images.new("RGB", image.size)
    plain.paste(image)
    return plain


def _png(image: Image, level: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=level)
    return buffer.getvalue()
