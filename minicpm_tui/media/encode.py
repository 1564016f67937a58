"""Pixels to the bytes that are sent: no larger than they need be, no worse than the model would notice."""

from __future__ import annotations

import io
from functools import cache, cached_property
from typing import TYPE_CHECKING

from minicpm_tui.messages import Blob

if TYPE_CHECKING:
    from PIL.Image import Image

PICTURE_BYTES = 360_000
_QUALITIES = ((92, 92), (89, 89), (86, 86), (83, 83), (80, 80), (80, 60))
"""Of brightness and colour. The last is for noise: half of its bytes are specks of colour that no model looks at."""
_SHARES = (1.0, 0.84, 0.73, 0.65, 0.58, 0.49)
"""A photo's usual bytes at these qualities, of those at the first: where to begin looking, not what is believed."""
_OFF = 1.05  # by how much a share may be wrong and still be worth a try
_PNG_LEVEL = 6  # higher ones take four times as long and win nothing
_STRIPS, _STRIP_ROWS = 12, 4
_PNG_TRIES = ((1, 3.5), (_PNG_LEVEL, 1.6))
"""Levels at which the strips are tried, and how many times too large the picture's size estimated from that may be."""


class Encoder:
    """An RGB picture on its way to bytes.

    What is good enough is found by quick tries: a JPEG with the standard Huffman tables (half the time, a few per cent more
    bytes) and a PNG of some strips of the picture. The slow encodings are made only where they may be the result.
    """

    def __init__(self, image: Image, limit: int = PICTURE_BYTES) -> None:
        self._image = _pixels_alone(image)
        self._limit = limit

    @property
    def at_least(self) -> float:
        """Bytes that ``blob`` has at least, surely; quickly told."""
        quick = self._quick
        jpeg = max(min(quick, self._limit), quick * _SHARES[-1])
        level, off = _PNG_TRIES[0]
        return min(jpeg * 0.8, self._lossless(level) / off)

    @cached_property
    def blob(self) -> Blob:
        """PNG where that is smaller than JPEG, else JPEG (see ``encode_jpeg``)."""
        jpeg = _within(self._image, self._limit, _first_try(self._quick, self._limit))
        if any(self._lossless(level) > off * len(jpeg) for level, off in _PNG_TRIES):
            return Blob(jpeg, "image/jpeg")
        png = _png(self._image, _PNG_LEVEL)
        return Blob(png, "image/png") if len(png) <= len(jpeg) else Blob(jpeg, "image/jpeg")

    @cached_property
    def _quick(self) -> int:
        return len(_jpeg(self._image, _QUALITIES[0], optimize=False))

    @cached_property
    def _strips(self) -> Image:
        return _strips(self._image)

    def _lossless(self, level: int) -> float:
        """About how many bytes a PNG has."""
        return len(_png(self._strips, level)) * self._image.height / self._strips.height


def encode_jpeg(image: Image, limit: int) -> Blob:
    """JPEG without colour subsampling, quality 92, or less down to 80 until it has at most ``limit`` bytes.

    Where even that does not do, 60 for the colours alone.
    """
    return Blob(_within(_pixels_alone(image), limit, 0), "image/jpeg")


def _within(image: Image, limit: int, index: int) -> bytes:
    """The best quality that has at most ``limit`` bytes, or the last; ``index`` is the first to try."""
    data = _jpeg(image, _QUALITIES[index])
    too_good = -1
    while len(data) > limit and index < len(_QUALITIES) - 1:
        too_good, index = index, max(index + 1, _first_try(int(len(data) / _SHARES[index]), limit))
        data = _jpeg(image, _QUALITIES[index])
    while index - 1 > too_good and len(data) * _SHARES[index - 1] / _SHARES[index] <= limit * _OFF:
        better = _jpeg(image, _QUALITIES[index - 1])
        if len(better) > limit:
            break
        data, index = better, index - 1
    return data


def _first_try(best: int, limit: int) -> int:
    """Which quality probably fits, when the best one has ``best`` bytes."""
    return next((index for index, share in enumerate(_SHARES) if best * share <= limit), len(_SHARES) - 1)


def _pixels_alone(image: Image) -> Image:
    """A copy without ``info``: Pillow writes a comment or profile that it finds there."""
    from PIL import Image as Images

    plain = Images.new("RGB", image.size)
    plain.paste(image)
    return plain


def _strips(image: Image) -> Image:
    """Some rows from all over the picture."""
    from PIL import Image as Images

    if image.height <= _STRIPS * _STRIP_ROWS:
        return image
    sample = Images.new("RGB", (image.width, _STRIPS * _STRIP_ROWS))
    for index in range(_STRIPS):
        top = (image.height - _STRIP_ROWS) * index // (_STRIPS - 1)
        sample.paste(image.crop((0, top, image.width, top + _STRIP_ROWS)), (0, index * _STRIP_ROWS))
    return sample


def _jpeg(image: Image, quality: tuple[int, int], *, optimize: bool = True) -> bytes:
    from PIL import ImageFile

    # Optimised tables need the whole file in Pillow's buffer, and its guess of one byte a pixel is too low for noise.
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 3 * image.width * image.height)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", qtables=_tables(*quality), subsampling=0, optimize=optimize)
    return buffer.getvalue()


@cache
def _tables(brightness: int, colour: int) -> list[list[int]]:
    """libjpeg's quantization tables for these qualities, as it writes them itself."""
    from PIL import Image as Images

    tables = []
    for quality in (brightness, colour):
        buffer = io.BytesIO()
        Images.new("RGB", (8, 8)).save(buffer, "JPEG", quality=quality)
        tables.append(Images.open(buffer).quantization)  # type: ignore[attr-defined]
    return [tables[0][0], tables[1][1]]


def _png(image: Image, level: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=level)
    return buffer.getvalue()
