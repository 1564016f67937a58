"""How near cells come to a picture, and how long it takes: ``python -m tests.benchmarks.cells [PICTURE OR FOLDER …]``.

Each picture is drawn in three sizes with each way of dividing a cell, rendered back to 6×12 pixels a cell and compared with
the picture at that size: mean distance in Oklab (https://bottosson.github.io/posts/oklab/), as a ratio to half blocks in the
same run. Where ``chafa.py`` is installed, chafa draws the same with the same symbols. Without arguments twelve pictures are
made: gradients, landscapes, pages of text and diagrams.
"""

from __future__ import annotations

import importlib.util
import io
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.Image import Resampling

from minicpm_tui.ui.terminal.graphics.painter import paint
from minicpm_tui.ui.terminal.graphics.query import Terminal
from minicpm_tui.ui.terminal.graphics.symbols import BLOCKS, SYMBOLS, Blocks
from tests.benchmarks.cells_of_chafa import draw_with_chafa
from tests.benchmarks.cells_pictures import made_pictures

SIZES = ((40, 12), (80, 24), (116, 34))
WIDE, HIGH = 6, 12
REPEATS = 5

Pixels = NDArray[np.float64]
_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(pixels: Pixels) -> Pixels:
    """sRGB from 0 to 255 as L, a and b."""
    coded = pixels / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    lab: Pixels = np.cbrt(linear @ _LMS.T) @ _LAB.T
    return lab


def error(shown: Pixels, wanted: Pixels) -> float:
    """Mean distance in Oklab."""
    return float(np.linalg.norm(oklab(shown) - oklab(wanted), axis=-1).mean())


def points(pixels: Pixels) -> Pixels:
    """2×3 points a cell."""
    rows, columns, _bands = pixels.shape
    across, down = WIDE // 2, HIGH // 3
    means: Pixels = pixels.reshape(rows // down, down, columns // across, across, 3).mean(axis=(1, 3))
    return means


def rendered(parts: NDArray[np.int64], over: Pixels, under: Pixels, blocks: Blocks) -> Pixels:
    """Cells (rows × columns) as pixels: which parts are on, the colour of those, and of the others."""
    symbols = SYMBOLS[blocks]
    across, down = WIDE // symbols.across, HIGH // symbols.down
    rows, columns = parts.shape
    bits = (parts[:, :, None] >> np.arange(symbols.parts)) & 1
    small = bits.reshape(rows, columns, symbols.down, symbols.across).transpose(0, 2, 1, 3)
    on = small.reshape(rows * symbols.down, columns * symbols.across).repeat(down, 0).repeat(across, 1)[:, :, None]

    def wide(colour: Pixels) -> Pixels:
        return colour.repeat(HIGH, 0).repeat(WIDE, 1)

    return np.where(on == 1, wide(over), wide(under))


def drawn(data: bytes, columns: int, rows: int, blocks: Blocks) -> Pixels:
    """What the program shows of a picture, as pixels."""
    painting = paint(data, columns, rows, Terminal("blocks", blocks=blocks), fill=True)
    parts = np.zeros((rows, columns), dtype=np.int64)
    over, under = np.zeros((rows, columns, 3)), np.zeros((rows, columns, 3))
    for y, row in enumerate(painting.rows):
        for x, segment in enumerate(row):
            assert segment.style
            parts[y, x] = SYMBOLS[blocks].characters.index(segment.text)
            over[y, x] = segment.style.color.get_truecolor() if segment.style.color else 0
            under[y, x] = segment.style.bgcolor.get_truecolor() if segment.style.bgcolor else 0
    return rendered(parts, over, under, blocks)


def pictures(arguments: list[str]) -> Iterator[tuple[str, Image.Image]]:
    """The files that were named, or made ones."""
    if not arguments:
        yield from made_pictures()
    for argument in map(Path, arguments):
        for path in sorted(argument.iterdir()) if argument.is_dir() else [argument]:
            yield path.name, Image.open(path).convert("RGB")


def seconds(data: bytes, columns: int, rows: int, blocks: Blocks) -> float:
    """Processor time of the quickest of several paintings."""
    taken = []
    for _again in range(REPEATS):
        began = time.process_time()
        paint(data, columns, rows, Terminal("blocks", blocks=blocks), fill=True)
        taken.append(time.process_time() - began)
    return min(taken)


def measure(name: str, picture: Image.Image, columns: int, rows: int) -> dict[str, float]:
    """Errors and seconds of one picture at one size, by what was measured."""
    wanted = np.asarray(picture.resize((columns * WIDE, rows * HIGH), Resampling.BOX), dtype=float)
    buffer = io.BytesIO()
    picture.resize((columns * 20, rows * 40), Resampling.LANCZOS).save(buffer, "BMP")  # reading it costs next to nothing
    found: dict[str, float] = {}
    for blocks in BLOCKS:
        shown = drawn(buffer.getvalue(), columns, rows, blocks)
        found[blocks] = error(shown, wanted)
        found[f"{blocks} points"] = error(points(shown), points(wanted))
        found[f"{blocks} seconds"] = seconds(buffer.getvalue(), columns, rows, blocks)
        if importlib.util.find_spec("chafa") and (cells := draw_with_chafa(picture, columns, rows, blocks)):
            found[f"{blocks} chafa"] = error(rendered(*cells, blocks), wanted)
    line = "  ".join(f"{blocks} {found[blocks]:.4f} ({found[blocks] / found['half']:.2f})" for blocks in BLOCKS)
    print(f"{name[:20]:20} {columns:3}×{rows:2}  {line}", flush=True)
    return found


def mean(found: list[dict[str, float]], what: str) -> float:
    """Of all pictures that have it."""
    return statistics.mean(each[what] for each in found if what in each)


def main() -> None:
    chosen = list(pictures(sys.argv[1:]))
    every = {size: [measure(name, picture, *size) for name, picture in chosen] for size in SIZES}
    print(
        f"\n{len(chosen)} pictures: error, beside half blocks', beside chafa's; of 2×3 points, beside half blocks'; time, worst"
    )
    for (columns, rows), found in every.items():
        for blocks in BLOCKS:
            off, near = mean(found, blocks), mean(found, f"{blocks} points")
            anchor = f"{off / mean(found, f'{blocks} chafa'):.3f}" if f"{blocks} chafa" in found[0] else "-"
            took = [each[f"{blocks} seconds"] * 1000 for each in found]
            print(
                f"{columns:3}×{rows} {blocks:10} {off:.4f} {off / mean(found, 'half'):.2f} {anchor:>6}"
                f"  {near:.4f} {near / mean(found, 'half points'):.2f}  {statistics.median(took):5.1f} ms {max(took):5.1f} ms"
            )


if __name__ == "__main__":
    main()
