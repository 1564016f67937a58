"""chafa's cells for a picture, through its Python bindings: what ``tests.benchmarks.cells`` compares with."""

from __future__ import annotations

import array

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from minicpm_tui.ui.terminal.graphics.symbols import SYMBOLS, Blocks

Cells = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]


def draw_with_chafa(picture: Image.Image, columns: int, rows: int, blocks: Blocks) -> Cells | None:
    """Parts, colours over and under of each cell; None for symbols that chafa.py does not have (octants in 1.2.0)."""
    import chafa

    if blocks == "octants":
        return None
    symbols = chafa.SymbolMap()
    for character in SYMBOLS[blocks].characters:
        symbols.add_by_range(character, character)
    config = chafa.CanvasConfig()
    config.width, config.height = columns, rows
    config.cell_width, config.cell_height = 10, 20
    config.work_factor = 1.0
    config.preprocessing = False
    config.canvas_mode = chafa.CanvasMode.CHAFA_CANVAS_MODE_TRUECOLOR
    config.set_symbol_map(symbols)
    canvas = chafa.Canvas(config)
    source = picture.resize((columns * 20, rows * 40), Image.Resampling.LANCZOS)
    canvas.draw_all_pixels(
        chafa.PixelType.CHAFA_PIXEL_RGB8, array.array("B", source.tobytes()), source.width, source.height, source.width * 3
    )
    parts = np.zeros((rows, columns), dtype=np.int64)
    over, under = np.zeros((rows, columns, 3)), np.zeros((rows, columns, 3))
    for y in range(rows):
        for x in range(columns):
            cell = canvas[y, x]
            parts[y, x] = SYMBOLS[blocks].characters.index(cell.char)
            over[y, x] = cell.fg_color or (0, 0, 0)
            under[y, x] = cell.bg_color or (0, 0, 0)
    return parts, over, under
