"""How many prompt tokens a picture or video takes in MiniCPM-V 2.6 to 4.5: 448² pixels a slice, nine at most, 64 tokens each."""

from __future__ import annotations

import math

from minicpm_tui.demo.media import Seen

_SCALE, _MOST, _CELL, _IMAGE_ID = 448, 9, 66, 3


def media_tokens(seen: Seen) -> int:
    """A frame is one cell; a picture its overview and its slices, a number of its own, and line ends between rows."""
    if seen.kind == "video":
        return _CELL * seen.frames
    columns, rows = _grid(seen.width, seen.height)
    cells = columns * rows
    return _IMAGE_ID + _CELL * (1 + cells) + max(rows - 1, 0)


def _grid(width: int, height: int) -> tuple[int, int]:
    """Columns and rows of the slices beside the overview; none for a picture that fits one slice."""
    wanted = min(math.ceil(width * height / _SCALE**2), _MOST)
    if wanted <= 1:
        return 0, 0
    ratio = math.log(width / height)
    counts = [number for number in (wanted - 1, wanted, wanted + 1) if 1 < number <= _MOST]
    grids = [(columns, number // columns) for number in counts for columns in range(1, number + 1) if number % columns == 0]
    return min(grids, key=lambda grid: abs(ratio - math.log(grid[0] / grid[1])))
