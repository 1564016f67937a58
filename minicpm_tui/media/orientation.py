"""Which way up a picture is stored, and turning it upright."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from minicpm_tui.media.colour_space import png_facts_of

if TYPE_CHECKING:
    from PIL.Image import Image

ORIENTATION = 0x0112
_UPRIGHT = 1
_XMP = re.compile(rb"tiff:Orientation(?:\s*=\s*[\"']|>)\s*([1-8])")


def orientation(image: Image) -> int:
    """The orientation that EXIF or XMP tells, 1 to 8; 1 is upright. Decodes nothing."""
    if image.format == "TIFF":
        return _UPRIGHT  # Pillow turns a TIFF by itself
    if image.format == "PNG":
        return _of_png(image)
    try:
        value = image.getexif().get(ORIENTATION, _UPRIGHT)
    except Exception:  # noqa: BLE001  broken EXIF is common in good pictures
        return _UPRIGHT
    return value if isinstance(value, int) and 1 <= value <= 8 else _UPRIGHT


def upright_size(image: Image) -> tuple[int, int]:
    """Width and height in pixels after turning."""
    return (image.height, image.width) if orientation(image) >= 5 else image.size


def turned(image: Image, turn: int) -> Image:
    """``image`` turned upright from EXIF orientation ``turn``."""
    from PIL.Image import Transpose

    steps = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(steps[turn]) if turn in steps else image


def _of_png(image: Image) -> int:
    """Pillow would decode the whole PNG to look behind it."""
    from PIL.Image import Exif

    facts = png_facts_of(image)
    try:
        exif = Exif()
        exif.load(facts.exif)
        value = exif.get(ORIENTATION)
    except Exception:  # noqa: BLE001  broken EXIF is common in good pictures
        value = None
    if value is None and (found := _XMP.search(facts.xmp)):
        value = int(found[1])
    return value if isinstance(value, int) and 1 <= value <= 8 else _UPRIGHT
