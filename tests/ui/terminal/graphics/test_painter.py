"""A picture becomes rows of cells that show it, in each of the terminals' ways."""

from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from textual.strip import Strip

from minicpm_tui.ui.terminal.graphics import kitty
from minicpm_tui.ui.terminal.graphics.painter import fit, paint
from minicpm_tui.ui.terminal.graphics.query import Graphics, Terminal
from minicpm_tui.ui.terminal.multiplexer import passed_on, through_screen


@pytest.fixture
def quarters() -> bytes:
    """Red, green, blue and white quarters, 80×80 pixels."""
    picture = Image.new("RGB", (80, 80), "white")
    for corner, colour in (((0, 0), "red"), ((40, 0), "lime"), ((0, 40), "blue")):
        picture.paste(colour, (*corner, corner[0] + 40, corner[1] + 40))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("graphics", ["kitty", "sixel", "iterm2", "blocks"])
def test_every_row_is_as_wide_as_said(graphics: Graphics, quarters: bytes) -> None:
    painting = paint(quarters, 30, 12, Terminal(graphics, 10, 20), {})
    assert (painting.columns, len(painting.rows)) in ({(24, 12)} if graphics == "blocks" else {(8, 4), (9, 4)})
    for row in painting.rows:
        assert sum(segment.cell_length for segment in row) == painting.columns


def test_off_draws_nothing(quarters: bytes) -> None:
    assert paint(quarters, 30, 12, Terminal("off")).rows == []


def test_half_blocks_show_the_colours(quarters: bytes) -> None:
    rows = paint(quarters, 8, 4, Terminal("blocks", 10, 20)).rows
    corners = [rows[0][0], rows[0][-1], rows[-1][0], rows[-1][-1]]
    shown = [segment.style.bgcolor.get_truecolor() for segment in corners if segment.style and segment.style.bgcolor]
    assert [[value > 250 for value in colour] for colour in shown] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
        [True, True, True],
    ]


def test_pictures_keep_their_shape_and_are_not_enlarged() -> None:
    terminal = Terminal("kitty", 10, 20)
    assert fit(100, 100, 80, 24, terminal) == (10, 5)
    assert fit(4000, 1000, 40, 24, terminal) == (40, 5)
    assert fit(10, 9000, 40, 24, terminal) == (1, 24)


def test_half_blocks_show_a_pixel_across_a_cell_and_fill_what_there_is() -> None:
    terminal = Terminal("blocks", 10, 20)
    assert fit(448, 336, 120, 27, terminal) == (72, 27)
    assert fit(4000, 1000, 120, 27, terminal) == (120, 15)
    assert fit(16, 12, 120, 27, terminal) == (16, 6)
    assert fit(16, 12, 120, 27, terminal, fill=True) == (72, 27)
    assert fit(100, 100, 80, 24, Terminal("kitty", 10, 20), fill=True) == (10, 5)
    assert fit(480, 240, 120, 27, Terminal("blocks", 8, 20)) == (120, 24)  # cells that are not 1:2


def test_kitty_gets_the_picture_once_and_cells_that_name_it(quarters: bytes) -> None:
    painting = paint(quarters, 30, 12, Terminal("kitty", 10, 20), {})
    sent = "".join(re.findall(r";([A-Za-z0-9+/=]*)\x1b\\", painting.preamble))
    with Image.open(io.BytesIO(base64.b64decode(sent))) as picture:
        assert picture.size == (80, 80)
    first = painting.rows[0][0]
    assert first.style
    assert first.style.color
    assert int(first.style.color.get_truecolor().hex[1:], 16) == painting.image_id
    assert first.text.startswith(kitty.PLACEHOLDER + "\u0305\u0305" + kitty.PLACEHOLDER + "\u0305\u030d")
    assert cell_len(first.text) == 8


def test_long_pictures_go_to_kitty_in_chunks() -> None:
    pieces = kitty.transmit(bytes(10_000), 7, 10, 10)
    assert all(len(piece) < kitty.CHUNK + 100 for piece in pieces)
    assert [("m=1" in piece, "a=T" in piece) for piece in pieces] == [(True, True), (True, False), (True, False), (False, False)]


def decode_sixel(sequence: str) -> list[list[tuple[int, ...]]]:
    """A small reader of our own for what the encoder writes."""
    match = re.fullmatch(r'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\', sequence, re.DOTALL)
    assert match
    width, height = int(match.group(1)), int(match.group(2))
    colours: dict[int, tuple[int, ...]] = {}
    pixels: list[list[tuple[int, ...]]] = [[(0, 0, 0)] * width for _ in range(height)]
    x = y = current = 0
    for number, percent, run, sixel, mark in re.findall(r"#(\d+)((?:;\d+){4})?|(?:!(\d+))?([?-~])|([$-])", match.group(3)):
        if number:
            current = int(number)
            if percent:
                colours[current] = tuple(round(int(part) * 2.55) for part in percent.split(";")[2:])
        elif sixel:
            for _ in range(int(run or 1)):
                for bit in range(6):
                    if (ord(sixel) - 63) >> bit & 1:
                        pixels[y + bit][x] = colours[current]
                x += 1
        else:
            x, y = 0, y + (6 if mark == "-" else 0)
    return pixels


def sequence_of(row: list[Segment]) -> str:
    """What the row's last cell draws over the others, as a terminal gets it."""
    written = Strip(row).render(Console(color_system="truecolor"))
    match = re.search(r"\x1b\]8;id=[^;]*;\x1b\\\x1b7\x1b\[8D(.*)\x1b8\x1b\\ \x1b\]8;;\x1b\\$", written, re.DOTALL)
    assert match
    return match.group(1)


def test_a_row_that_is_cut_draws_nothing_and_prints_no_rubbish(quarters: bytes) -> None:
    row = paint(quarters, 8, 4, Terminal("sixel", 10, 20)).rows[0]
    console = Console(color_system="truecolor")
    assert Strip(row).crop(0, 5).render(console) == " " * 5
    assert Strip(row).crop(6, 9).render(console).startswith("  \x1b]8;")


def test_sixel_shows_the_colours(quarters: bytes) -> None:
    rows = paint(quarters, 8, 4, Terminal("sixel", 10, 20)).rows
    top, bottom = (decode_sixel(sequence_of(row)) for row in (rows[0], rows[-1]))
    assert [top[0][0], top[19][79], bottom[0][0], bottom[19][79]] == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    assert len(top) == 20


def test_what_is_no_picture_is_said() -> None:
    with pytest.raises(OSError, match="cannot identify"):
        paint(b"no picture", 8, 4, Terminal("blocks"))


def test_multiplexers_pass_sequences_on() -> None:
    assert passed_on("\x1b_Gx\x1b\\", {"TMUX": "1"}) == "\x1bPtmux;\x1b\x1b_Gx\x1b\x1b\\\x1b\\"
    assert passed_on("\x1b_Gx\x1b\\", {}) == "\x1b_Gx\x1b\\"
    long = through_screen("x" * 2000)
    assert all(len(piece) <= 768 for piece in long.split("\x1b\\"))
    assert long.count("x") == 2000
