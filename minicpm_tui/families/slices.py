"""How a MiniCPM image processor cuts a picture, computed without it.

The arithmetic is that of ``image_processing_minicpmv.py`` in the 2.6 checkpoint and of transformers'
``image_processing_minicpmv4_6.py``; both choose the same grid and differ in what the sides are rounded to.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from minicpm_tui.families.family import Family, Slicing

Size = tuple[int, int]
"""Width and height in pixels."""

_STEPS = 64


class Grid(NamedTuple):
    """A picture as the model sees it: an ``overview`` and ``columns``×``rows`` slices of ``cell`` pixels (0×0: not sliced)."""

    columns: int
    rows: int
    overview: Size
    cell: Size

    @property
    def slices(self) -> int:
        """How many slices the picture is cut into, without the overview; 0: not cut."""
        return self.columns * self.rows

    @property
    def width(self) -> int:
        """Pixels across that reach the model at most."""
        return self.columns * self.cell[0] or self.overview[0]

    @property
    def height(self) -> int:
        """Pixels down that reach the model at most."""
        return self.rows * self.cell[1] or self.overview[1]


def grid(width: int, height: int, family: Family, max_slices: int | None = None) -> Grid:
    """How a picture of that size is cut. ``max_slices``: the server's own ``max_slice_nums`` where it is known.

    Raises ValueError for a size without pixels.
    """
    if width < 1 or height < 1:
        raise ValueError(f"no pixels: {width}×{height}")
    rules = family.slicing
    columns, rows = _columns_rows(width, height, rules, rules.max_slices if max_slices is None else max_slices)
    if not columns:
        return Grid(0, 0, _fit(width, height, rules, upscale=True), (0, 0))
    cell = _fit(_nearest(width, columns) / columns, _nearest(height, rows) / rows, rules, upscale=True)
    return Grid(columns, rows, _fit(width, height, rules, upscale=False), cell)


def kept_size(width: int, height: int, family: Family, max_slices: int | None = None, *, at_most: int | None = None) -> Size:
    """The smallest size to reduce a picture to so that the server still cuts it the same way and loses nothing more.

    Usually the very pixels of the slices put together, which the server then takes as they are. Never larger than the picture.
    ``at_most``: reduce it further, until the server (which would cut more finely) makes no more than so many slices of it.
    """
    whole = grid(width, height, family, max_slices)
    if at_most is not None and whole.slices > at_most:
        scale = min(1.0, math.sqrt(at_most / (width * height)) * family.slicing.scale_resolution)
        size = max(1, int(width * scale)), max(1, int(height * scale))
        for _step in range(_STEPS):
            if grid(*size, family, max_slices).slices <= at_most:
                break
            size = max(1, int(size[0] * 0.98)), max(1, int(size[1] * 0.98))
        return kept_size(*size, family, max_slices)
    if whole.width >= width or whole.height >= height:
        return width, height
    for size in _between((whole.width, whole.height), (width, height)):
        if size[0] <= width and size[1] <= height and grid(*size, family, max_slices) == whole:
            return size
    return width, height


def frame_size(width: int, height: int, family: Family) -> Size:
    """The size to send a video's frames at: an area that is never sliced, the same shape, never enlarged."""
    limit = family.slicing.scale_resolution
    if width * height <= limit * limit:
        return width, height
    ratio = width / height
    high = max(1, int(limit / math.sqrt(ratio)))
    wide = max(1, int(high * ratio))
    return min(wide, width, limit * limit // high), high


def _between(low: Size, high: Size) -> Iterator[Size]:
    """Sizes to try: ``low``, then the shape of ``high`` from low's area upwards, rounded every way.

    A shape on the verge of another overview stays on its side of it in one of the roundings.
    """
    yield low
    start = max(low[0] / high[0], low[1] / high[1])
    for step in range(_STEPS):
        scale = start + (1 - start) * (step / _STEPS) ** 2
        wide, tall = math.floor(high[0] * scale), math.floor(high[1] * scale)
        yield from ((wide + right, tall + down) for right in (0, 1) for down in (0, 1) if wide and tall)


def _columns_rows(width: int, height: int, rules: Slicing, max_slices: int) -> Size:
    count = min(math.ceil(width * height / rules.scale_resolution**2), max_slices)
    if count <= 1:
        return 0, 0
    shape = math.log(width / height)
    candidates = [
        (columns, total // columns)
        for total in (count - 1, count, count + 1)
        if total != 1 and total <= max_slices
        for columns in range(1, total + 1)
        if total % columns == 0
    ]
    return min(candidates, key=lambda cut: abs(shape - math.log(cut[0] / cut[1])))


def _fit(width: float, height: float, rules: Slicing, *, upscale: bool) -> Size:
    """The shape at about ``scale_resolution``² pixels, sides rounded to ``align``; smaller ones grow only with ``upscale``."""
    if upscale or width * height > rules.scale_resolution**2:
        ratio = width / height
        height = int(rules.scale_resolution / math.sqrt(ratio))
        width = int(height * ratio)
    return _nearest(width, rules.align), _nearest(height, rules.align)


def _nearest(length: float, divisor: int) -> int:
    return max(round(length / divisor) * divisor, divisor)
