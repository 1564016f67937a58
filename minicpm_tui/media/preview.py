"""A video's frames side by side, as one picture. Blocking (Pillow): call it from threads."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from minicpm_tui.media.small_picture import drawn

if TYPE_CHECKING:
    from PIL.Image import Image

_SHEET_WIDTH = 1280
_GAP = 4


def contact_sheet(frames: Sequence[bytes], labels: Sequence[str] = (), *, width: int = _SHEET_WIDTH) -> bytes:
    """The frames of a video side by side, as a PNG ``width`` pixels wide; ``labels`` are written on them.

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
        if index < len(labels):
            draw.text((left + 4, top + 2), labels[index], "white", stroke_width=2, stroke_fill="black")
    return _png(sheet)


def _fitted(image: Image, width: int, height: int) -> Image:
    from PIL.Image import Resampling

    scale = min(1.0, width / image.width, height / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image if size == image.size else image.resize(size, Resampling.LANCZOS)


def _png(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()
