"""Pictures stay pictures where there are few colours, or none."""

from __future__ import annotations

import pytest
from PIL import Image
from PIL.Image import Resampling
from PIL.ImageStat import Stat
from rich.color import Color, ColorSystem

from minicpm_tui.ui.terminal.graphics import cells
from minicpm_tui.ui.terminal.graphics.few_colours import colours_of, given_to_rich
from minicpm_tui.ui.terminal.graphics.query import Query, Terminal, colours_in
from minicpm_tui.ui.terminal.graphics.symbols import BLOCKS, SYMBOLS, Blocks
from tests.ui.terminal.graphics.test_cells import shown

COLUMNS, ROWS = 40, 12


def scene() -> Image.Image:
    """An orange that gets brighter downwards, beside a blue that gets darker."""
    grey = Image.linear_gradient("L")
    orange = Image.merge("RGB", [grey, grey.point([value // 2 for value in range(256)]), grey.point([20] * 256)])
    blue = Image.merge("RGB", [grey.point([20] * 256)] * 2 + [grey.point(list(range(255, -1, -1)))])
    picture = Image.new("RGB", (512, 256))
    picture.paste(orange, (0, 0))
    picture.paste(blue, (256, 0))
    return picture


@pytest.mark.parametrize("count", [256, 16, 8])
def test_what_is_drawn_is_what_the_terminal_is_sent(count: int) -> None:
    system = ColorSystem.EIGHT_BIT if count == 256 else ColorSystem.STANDARD
    sent = [Color.from_rgb(*colour).downgrade(system) for colour in given_to_rich(count)]
    if count == 256:
        assert [tuple(colour.get_truecolor()) for colour in sent] == list(colours_of(count))
    else:
        assert [colour.number for colour in sent] == list(range(count))


@pytest.mark.parametrize("blocks", BLOCKS)
@pytest.mark.parametrize("count", [256, 16])
def test_dithering_keeps_the_colour_of_a_place(blocks: Blocks, count: int) -> None:
    drawn = cells.rows(scene(), COLUMNS, ROWS, Terminal("blocks", blocks=blocks, colours=count))
    picture = shown(drawn, blocks)
    assert {colour for _times, colour in picture.getcolors(1 << 16) or []} <= set(given_to_rich(count))
    small, wanted = picture.resize((4, 4), Resampling.BOX), scene().resize((4, 4), Resampling.BOX)
    for got, meant in zip(small.tobytes(), wanted.tobytes(), strict=True):
        assert abs(got - meant) <= 45


def test_eight_colours_show_bright_places_apart() -> None:
    picture = Image.new("RGB", (80, 48), (255, 255, 255))
    picture.paste((190, 190, 190), (0, 0, 40, 48))
    drawn = shown(cells.rows(picture, 40, 12, Terminal("blocks", colours=8)), "half")
    left, right = (Stat(drawn.crop(box).convert("L")).mean[0] for box in ((0, 0, 20, 24), (20, 0, 40, 24)))
    assert right - left > 20


@pytest.mark.parametrize("blocks", BLOCKS)
@pytest.mark.parametrize("light", [True, False])
def test_without_colours_the_symbols_make_the_shades(blocks: Blocks, light: bool) -> None:
    shades = Image.linear_gradient("L").rotate(90).convert("RGB")
    drawn = cells.rows(shades, COLUMNS, ROWS, Terminal("blocks", blocks=blocks, colours=0, light=light))
    assert not any(segment.style for row in drawn for segment in row)
    codes = [[SYMBOLS[blocks].characters.index(character) for segment in row for character in segment.text] for row in drawn]
    ink = [sum(row[column].bit_count() for row in codes) for column in range(COLUMNS)]
    quarters = [sum(ink[start : start + 10]) for start in range(0, COLUMNS, 10)]
    bright_first = shades.getpixel((0, 0)) == (255, 255, 255)
    assert quarters == sorted(quarters, reverse=bright_first != light)
    assert len(set(quarters)) == 4


@pytest.mark.parametrize(
    ("environ", "count"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, 1 << 24),
        ({"TERM": "screen-256color"}, 256),
        ({"TERM": "xterm-16color"}, 16),
        ({"TERM": "screen"}, 8),
        ({"TERM": "linux"}, 8),
        ({"TERM": "screen", "TMUX": "/tmp/tmux-0/default"}, 16),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, 0),
        ({"TERM": "screen", "TEXTUAL_COLOR_SYSTEM": "truecolor"}, 1 << 24),
    ],
)
def test_the_environment_tells_how_many_there_are(environ: dict[str, str], count: int) -> None:
    assert colours_in(environ) == count
    assert Query("blocks", environ).answer().colours == count


def test_no_color_draws_cells_where_kitty_would_need_colours() -> None:
    told = Query("kitty", {"TERM": "xterm-kitty", "NO_COLOR": "1"}).answer()
    assert (told.graphics, told.colours) == ("blocks", 0)
