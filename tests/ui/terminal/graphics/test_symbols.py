"""Every division of a cell has a character of its own, and it is the right one."""

from __future__ import annotations

import unicodedata

import pytest
from rich.cells import cell_len

from minicpm_tui.ui.terminal.graphics.symbols import BLOCKS, SYMBOLS, Blocks


@pytest.mark.parametrize("blocks", BLOCKS)
def test_each_division_has_a_character_of_one_cell(blocks: Blocks) -> None:
    symbols = SYMBOLS[blocks]
    assert len(set(symbols.characters)) == len(symbols.characters) == 2**symbols.parts
    assert all(cell_len(character) == 1 for character in symbols.characters)
    assert (symbols.characters[0], symbols.characters[-1]) == (" ", "█")


def test_quadrants_are_what_their_names_say() -> None:
    places = ("UPPER LEFT", "UPPER RIGHT", "LOWER LEFT", "LOWER RIGHT")
    for parts, character in enumerate(SYMBOLS["quadrants"].characters):
        name = unicodedata.name(character)
        if name.startswith("QUADRANT"):
            named = name.removeprefix("QUADRANT ").split(" AND ")
            assert named == [place for bit, place in enumerate(places) if parts >> bit & 1]


def test_sextants_are_what_their_names_say() -> None:
    for parts, character in enumerate(SYMBOLS["sextants"].characters):
        name = unicodedata.name(character)
        if name.startswith("BLOCK SEXTANT"):
            assert name == "BLOCK SEXTANT-" + "".join(str(bit + 1) for bit in range(6) if parts >> bit & 1)


@pytest.mark.parametrize(
    ("places", "character"),
    [  # from the chart of Unicode 16: BLOCK OCTANT-3, -23, -2345678, and what has other names
        ((3,), "\U0001cd00"),
        ((2, 3), "\U0001cd01"),
        ((2, 3, 4, 5, 6, 7, 8), "\U0001cde5"),
        ((1, 3), "▘"),
        ((1, 2), "\U0001fb82"),
        ((3, 4, 5, 6, 7, 8), "▆"),
        ((1, 3, 5, 7), "▌"),
        ((3, 5), "\U0001fbe6"),
    ],
)
def test_octants_are_in_the_order_of_the_chart(places: tuple[int, ...], character: str) -> None:
    assert SYMBOLS["octants"].characters[sum(1 << place - 1 for place in places)] == character
