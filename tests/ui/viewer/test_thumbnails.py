"""Pictures stand side by side under a message and never wider than the pane."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment

from minicpm_tui.ui.terminal.graphics.painter import Painting
from minicpm_tui.ui.viewer.thumbnails import side_by_side


def painting(columns: int, rows: int) -> Painting:
    return Painting([[Segment("#" * columns)] for _row in range(rows)], columns)


def drawn(rows: list[list[Segment]]) -> list[str]:
    return ["".join(segment.text for segment in row) for row in rows]


def test_pictures_of_different_height_stand_side_by_side() -> None:
    assert drawn(side_by_side([painting(3, 2), painting(2, 1)], 20)) == ["###  ##", "###    "]


def test_what_does_not_fit_the_line_goes_below_and_what_fits_no_line_is_left_out() -> None:
    assert drawn(side_by_side([painting(4, 1), painting(40, 1), painting(4, 1)], 8)) == ["####", "", "####"]


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 4)), max_size=8), st.integers(1, 60))
def test_every_picture_that_fits_is_whole_and_no_row_is_too_wide(sizes: list[tuple[int, int]], width: int) -> None:
    rows = drawn(side_by_side([painting(*size) for size in sizes], width))
    assert all(len(row) <= width for row in rows)
    assert "".join(rows).count("#") == sum(columns * height for columns, height in sizes if columns <= width)
