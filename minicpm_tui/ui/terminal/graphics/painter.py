"""A picture as rows of segments that any widget can draw as text, whatever the terminal's graphics."""

from __future__ import annotations

import io
import itertools
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.color import Color
from rich.control import Control
from rich.segment import ControlType, Segment
from rich.style import Style

from minicpm_tui.ui.terminal.graphics import cells, iterm2, kitty, sixel
from minicpm_tui.ui.terminal.graphics.query import Terminal
from minicpm_tui.ui.terminal.graphics.symbols import SYMBOLS
from minicpm_tui.ui.terminal.multiplexer import passed_on

if TYPE_CHECKING:
    from PIL.Image import Image

Rows = list[list[Segment]]

_ids = itertools.count((os.getpid() & 0xFFF) << 8 | 1)


@dataclass(frozen=True)
class Painting:
    """``rows`` of equal width (``columns`` cells); ``preamble`` must reach the terminal once, before they are drawn."""

    rows: Rows
    columns: int
    preamble: str = ""
    image_id: int | None = None


def fit(width: int, height: int, columns: int, rows: int, terminal: Terminal, *, fill: bool = False) -> tuple[int, int]:
    """The cells (columns, rows) that show ``width``×``height`` pixels undistorted within ``columns``×``rows``.

    A picture is never enlarged, but that in blocks it takes one cell across for each of its pixels if there is room, and
    ``fill`` makes it as large as the cells allow.
    """
    wide, high = width / terminal.cell_width, height / terminal.cell_height
    blocks = terminal.graphics == "blocks"
    largest = math.inf if blocks and fill else terminal.cell_width if blocks else 1.0
    scale = min(largest, columns / wide, rows / high)
    return max(1, round(wide * scale)), max(1, round(high * scale))


def pixels_across(columns: int, rows: int, terminal: Terminal) -> int:
    """Pixels of the longer side of ``columns``×``rows`` cells, as far as the terminal's graphics can show them."""
    if terminal.graphics == "blocks":
        symbols = SYMBOLS[terminal.shown_blocks]
        return max(columns * symbols.across, rows * symbols.down)
    return max(columns * terminal.cell_width, rows * terminal.cell_height)


def paint(
    data: bytes, columns: int, rows: int, terminal: Terminal, environ: Mapping[str, str] | None = None, *, fill: bool = False
) -> Painting:
    """Draw the encoded picture ``data`` within ``columns``×``rows`` cells, all of them if ``fill`` (see ``fit``).

    Blocks: call it from a thread. Raises OSError when the bytes are no picture.
    """
    from PIL.Image import open as open_picture

    if terminal.graphics == "off" or columns < 1 or rows < 1:
        return Painting([], 0)
    with open_picture(io.BytesIO(data)) as opened:
        opened.draft("RGB", (columns * terminal.cell_width, rows * terminal.cell_height))
        most = kitty.LARGEST if terminal.graphics == "kitty" else max(columns, rows)
        columns, rows = fit(*opened.size, min(columns, most), min(rows, most), terminal, fill=fill)
        picture = opened.convert("RGB")
    match terminal.graphics:
        case "kitty":
            return _kitty(picture, columns, rows, terminal, os.environ if environ is None else environ)
        case "sixel" | "iterm2":
            return _sliced(picture, columns, rows, terminal)
        case _:
            return Painting(cells.rows(picture, columns, rows, terminal), columns)


def _resized(picture: Image, columns: int, rows: int, terminal: Terminal) -> Image:
    from PIL.Image import Resampling

    return picture.resize((columns * terminal.cell_width, rows * terminal.cell_height), Resampling.LANCZOS)


def _kitty(picture: Image, columns: int, rows: int, terminal: Terminal, environ: Mapping[str, str]) -> Painting:
    image_id = next(_ids) & 0xFFFFFF
    buffer = io.BytesIO()
    _resized(picture, columns, rows, terminal).save(buffer, "PNG")
    preamble = "".join(passed_on(piece, environ) for piece in kitty.transmit(buffer.getvalue(), image_id, columns, rows))
    style = Style(color=Color.parse(kitty.colour(image_id)))
    return Painting([[Segment(kitty.row_text(row, columns), style)] for row in range(rows)], columns, preamble, image_id)


def _sliced(picture: Image, columns: int, rows: int, terminal: Terminal) -> Painting:
    resized = _resized(picture, columns, rows, terminal)
    if terminal.graphics == "sixel":
        slices = sixel.rows(resized, terminal.cell_height)
    else:
        slices = iterm2.rows(resized, terminal.cell_height, columns)
    return Painting([[Segment(" " * columns), _brush(columns, sequence)] for sequence in slices], columns + 1)


def _brush(columns: int, sequence: str) -> Segment:
    """A blank cell that draws ``sequence`` over the ``columns`` cells to its left each time it is written.

    Textual takes a strip apart by cells: it would cut a sequence in the text. A link's target it carries whole and writes
    before the text, so the sequence travels as one that ends at once.
    """
    back = Control((ControlType.CURSOR_BACKWARD, columns)).segment.text
    return Segment(" ", Style(link=f"\x1b\\\x1b7{back}{sequence}\x1b8"))
