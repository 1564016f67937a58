"""Cells of text show a picture with the symbols and the colours that come nearest to it."""

from __future__ import annotations

import pytest
from PIL import Image
from rich.segment import Segment

from minicpm_tui.ui.terminal.graphics import cells
from minicpm_tui.ui.terminal.graphics.query import Terminal
from minicpm_tui.ui.terminal.graphics.symbols import SYMBOLS, Blocks

ORANGE, TEAL = (230, 120, 20), (10, 110, 120)


def shown(rows: list[list[Segment]], blocks: Blocks) -> Image.Image:
    """The picture that a terminal makes of ``rows``, a pixel for each part of a cell."""
    symbols = SYMBOLS[blocks]
    picture = Image.new("RGB", (len(rows[0]) * symbols.across, len(rows) * symbols.down))
    for y, row in enumerate(rows):
        for x, segment in enumerate(row):
            parts, style = symbols.characters.index(segment.text), segment.style
            assert style
            for part in range(symbols.parts):
                colour = style.color if parts >> part & 1 else style.bgcolor
                assert colour
                place = x * symbols.across + part % symbols.across, y * symbols.down + part // symbols.across
                picture.putpixel(place, tuple(colour.get_truecolor()))
    return picture


@pytest.mark.parametrize("blocks", ["half", "quadrants", "sextants", "octants"])
def test_what_two_colours_can_show_is_shown_to_the_pixel(blocks: Blocks) -> None:
    symbols = SYMBOLS[blocks]
    columns, rows = 16, 16
    picture = Image.new("RGB", (columns * symbols.across, rows * symbols.down), TEAL)
    for number in range(columns * rows):  # each division of a cell
        x, y = number % columns * symbols.across, number // columns * symbols.down
        for part in range(symbols.parts):
            if number >> part & 1:
                picture.putpixel((x + part % symbols.across, y + part // symbols.across), ORANGE)
    drawn = cells.rows(picture, columns, rows, Terminal("blocks", blocks=blocks))
    assert shown(drawn, blocks).tobytes() == picture.tobytes()


def test_colours_of_one_brightness_are_told_apart() -> None:
    picture = Image.new("RGB", (2, 2), (255, 0, 0))
    picture.paste((0, 130, 0), (0, 0, 1, 2))  # as bright as this red
    drawn = cells.rows(picture, 1, 1, Terminal("blocks", blocks="quadrants"))
    assert drawn[0][0].text in "▌▐"


def test_a_slow_line_gets_half_blocks() -> None:
    picture = Image.effect_noise((40, 40), 80).convert("RGB")
    drawn = cells.rows(picture, 10, 5, Terminal("blocks", blocks="octants", slow=True))
    assert {segment.text for row in drawn for segment in row} <= set(" ▀▄█")


def test_a_flat_cell_needs_no_symbol() -> None:
    drawn = cells.rows(Image.new("RGB", (40, 40), ORANGE), 2, 1, Terminal("blocks", blocks="sextants"))
    assert [segment.text for segment in drawn[0]] == [" ", " "]
    assert {segment.style.bgcolor.get_truecolor() for segment in drawn[0] if segment.style and segment.style.bgcolor} == {ORANGE}
