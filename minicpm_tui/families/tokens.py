"""What pictures and videos cost in tokens of the prompt, as the server's processor will write them."""

from __future__ import annotations

from minicpm_tui.families.family import Family
from minicpm_tui.families.slices import Grid, Size, grid

_MARKS = 2  # <image>…</image>, <slice>…</slice>


def image_tokens(family: Family, width: int, height: int, max_slices: int | None = None, *, index: int = 0) -> int:
    """Tokens of one picture of that size in pixels; ``index`` is its place among the prompt's pictures.

    ``max_slices``: the server's own ``max_slice_nums`` where it is known.
    """
    return _number(index) * family.slicing.image_id + _sliced(family, grid(width, height, family, max_slices))


def video_tokens(family: Family, frames: int, width: int, height: int, *, index: int = 0) -> int:
    """Tokens of a video sent as ``frames`` frames of that size in pixels."""
    cut = grid(width, height, family, family.frame_slices)
    return _number(index) * family.video_id + frames * _sliced(family, cut)


def _number(index: int) -> int:
    """``<image_id>12</image_id>``: each digit is a token."""
    return 2 + len(str(index))


def _sliced(family: Family, cut: Grid) -> int:
    overview = _pixels(family, cut.overview) + _MARKS
    if not cut.slices:
        return overview
    newlines = cut.rows - 1
    marks = _MARKS if family.slicing.nested else 0
    return overview + marks + cut.slices * (_pixels(family, cut.cell) + _MARKS) + newlines


def _pixels(family: Family, size: Size) -> int:
    rules = family.slicing
    return rules.query_tokens or (size[0] // rules.token_side) * (size[1] // rules.token_side)
