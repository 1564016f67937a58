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

    A PNG is made only where it may be the result, as one of some strips of the picture tells.
    """

    def __init__(self, image: Image, limit: int = PICTURE_BYTES) -> None:
        self._image = _pixels_alone(image)
        self._limit = limit

    @property
    def at_least(self) -> float:
        """Bytes that ``blob`` has at least, surely; quickly told."""
        best = len(self._best)
        jpeg = max(min(best, self._limit), best * _SHARES[-1])
        level, off = _PNG_TRIES[0]
        return min(jpeg * 0.8, self._lossless(level) / off)

    @cached_property
    def blob(self) -> Blob:
        """PNG where that is smaller than JPEG, else JPEG (see ``encode_jpeg``)."""
        jpeg = _within(self._image, self._limit, self._best)
        if any(self._lossless(level) > off * len(jpeg) for level, off in _PNG_TRIES):
            return Blob(jpeg, "image/jpeg")
        png = _png(self._image, _PNG_LEVEL)
        return Blob(png, "image/png") if len(png) <= len(jpeg) else Blob(jpeg, "image/jpeg")

    @cached_property
    def _best(self) -> bytes:
        return _jpeg(self._image, _QUALITIES[0])

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
    plain = _pixels_alone(image)
    return Blob(_within(plain, limit, _jpeg(plain, _QUALITIES[0])), "image/jpeg")


def _within(image: Image, limit: int, best: bytes) -> bytes:
    """The best quality that has at most ``limit`` bytes, or the last; ``best`` is the first of all."""
    index, data, too_good = 0, best, -1
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


def _jpeg(image: Image, quality: tuple[int, int]) -> bytes:
    """With the standard Huffman tables: others save 4 %, take twice as long, and hold the interpreter all the time."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", qtables=_tables(*quality), subsampling=0)
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
