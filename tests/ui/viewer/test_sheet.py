"""A video's frames in half blocks: apart from each other, each with its time, as large as the cells allow."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from rich.segment import Segment

from minicpm_tui.ui.terminal.graphics.query import Terminal
from minicpm_tui.ui.viewer.sheet import GAP, paint_sheet, places
from minicpm_tui.ui.viewer.views import Tile

BLOCKS = Terminal("blocks", 10, 20)


def tile(label: str, size: tuple[int, int] = (448, 336)) -> Tile:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize(size).save(buffer, "PNG")  # no two halves of a cell are alike
    return Tile(buffer.getvalue, label)


def text(rows: list[list[Segment]]) -> list[str]:
    return ["".join(segment.text for segment in row) for row in rows]


def test_frames_have_gaps_and_times() -> None:
    painting = paint_sheet([tile(f"0:0{second}") for second in range(4)], 60, 40, BLOCKS)
    rows = text(painting.rows)
    times = [row.split() for row in rows if "0:0" in row]
    assert times == [["0:00", "0:01"], ["0:02", "0:03"]]
    pictures = [row for row in rows if {"▀", "▄"} & set(row)]
    assert {len(row.split()) for row in pictures} == {2}
    assert all(" " * GAP in row.strip() for row in pictures)
    assert {len(row) for row in rows} == {painting.columns}
    assert painting.columns >= 50


def test_of_many_frames_some_are_shown_from_first_to_last() -> None:
    rows = text(paint_sheet([tile(f"t{number}") for number in range(64)], 80, 20, BLOCKS).rows)
    shown = [word for row in rows for word in row.split() if word.startswith("t")]
    assert 6 <= len(shown) < 64
    assert (shown[0], shown[-1]) == ("t0", "t63")
    assert len(set(shown)) == len(shown)


@given(st.integers(1, 64), st.integers(1, 220), st.integers(1, 60))
def test_the_places_fit(count: int, columns: int, rows: int) -> None:
    place = places(count, columns, rows)
    down = -(-place.shown // place.across)
    assert 1 <= place.shown <= count
    assert place.across * (place.columns + GAP) - GAP <= columns
    assert down * (place.rows + 2) - 1 <= max(rows, 2)
