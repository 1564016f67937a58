"""A contact sheet of character cells: pictures side by side with a gap between them and words under each.

For blocks, in which neither a gap of a few pixels nor a time drawn into the picture can be seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import set_cell_size
from rich.segment import Segment

from minicpm_tui.ui.terminal.graphics.painter import Painting, Rows, paint
from minicpm_tui.ui.terminal.graphics.query import Terminal
from minicpm_tui.ui.viewer.views import Tile

GAP = 2
"""Columns between two pictures; a row is left under the words."""

_LEAST_COLUMNS, _LEAST_ROWS = 12, 4


class Places(NamedTuple):
    """``shown`` places for pictures of ``columns``×``rows`` cells, ``across`` of them side by side."""

    shown: int
    across: int
    columns: int
    rows: int


def places(count: int, columns: int, rows: int) -> Places:
    """How to put ``count`` pictures that are wider than high into ``columns``×``rows`` cells.

    As large as possible; fewer of them where they could not be made out.
    """
    best = Places(1, 1, max(columns, 1), max(rows - 1, 1))
    size = 0.0
    fewer = min(count, max(1, (columns + GAP) // (_LEAST_COLUMNS + GAP)) * max(1, (rows + 1) // (_LEAST_ROWS + 2)))
    for across in range(1, fewer + 1):
        down = math.ceil(fewer / across)
        wide, high = (columns + GAP) // across - GAP, (rows + 1) // down - 2
        if wide >= 1 and high >= 1 and (area := min(wide / 8, high / 3)) > size:  # 4:3 in cells that are 1:2
            best, size = Places(fewer, across, wide, high), area
    return best


def paint_sheet(tiles: Sequence[Tile], columns: int, rows: int, terminal: Terminal) -> Painting:
    """The pictures of ``tiles`` within ``columns``×``rows`` cells: all, or some from first to last. Blocks.

    Raises what loading raises, OSError for what is no picture.
    """
    place = places(len(tiles), columns, rows)
    last = max(place.shown - 1, 1)
    chosen = [tiles[round(number * (len(tiles) - 1) / last)] for number in range(place.shown)]
    lines: Rows = []
    for start in range(0, len(chosen), place.across):
        row = [_tile(tile, place, terminal) for tile in chosen[start : start + place.across]]
        lines += [[]] if lines else []
        lines += [_joined([tile[index] for tile in row]) for index in range(place.rows + 1)]
    width = max(sum(segment.cell_length for segment in line) for line in lines)
    return Painting([_padded(line, width) for line in lines], width)


def _tile(tile: Tile, place: Places, terminal: Terminal) -> Rows:
    """A picture in the middle of its place, and its words below it."""
    painting = paint(tile.load(), place.columns, place.rows, terminal, fill=True)
    left = (place.columns - painting.columns) // 2
    right = place.columns - painting.columns - left
    rows: Rows = [[Segment(" " * left), *row, Segment(" " * right)] for row in painting.rows]
    words = set_cell_size(tile.label.center(place.columns), place.columns)
    blank = [Segment(" " * place.columns)]
    return [*rows, [Segment(words)], *([blank] * (place.rows - len(rows)))]


def _joined(parts: Sequence[list[Segment]]) -> list[Segment]:
    joined: list[Segment] = []
    for number, part in enumerate(parts):
        joined += [Segment(" " * GAP)] if number else []
        joined += part
    return joined


def _padded(line: list[Segment], width: int) -> list[Segment]:
    return [*line, Segment(" " * (width - sum(segment.cell_length for segment in line)))]
