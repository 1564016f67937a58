"""The terminal shows the same, whether all that Textual draws is written or only what differs; and never takes more bytes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from minicpm_tui.ui.terminal.output.surface import Surface
from tests.ui.terminal.output.model import Model

WIDTH, HEIGHT, PANE = 40, 12, 12
SYSTEMS = {"standard": "1", "256": "2", "truecolor": "3"}
"""Each has colours of its own: Rich remembers on a style what it is in one system."""
LOOKS = (
    "",
    "#cc000{0} on #0000c{0}",
    "bold on #11223{0}",
    "underline on #11223{0}",
    "reverse",
    "italic #44556{0}",
    "strike",
    "on #11223{0}",
)
TEXTS = ("word ", "  ", "             ", "中文", "é", "e\u0301", "👩\u200d👧", "🇩🇪", "│", "─────", "x", "\u26a0\ufe0f", "한")
Line = list[tuple[str, str, str]]
"""Texts, their looks and links."""
lines = st.lists(
    st.tuples(st.sampled_from(TEXTS), st.sampled_from(LOOKS), st.sampled_from(("", "", "", "https://example.com"))), max_size=9
)


def strip(line: Line, width: int = WIDTH, system: str = "truecolor") -> Strip:
    tone = SYSTEMS[system]
    drawn = [Segment(text, Style.parse(look.format(tone)) + Style(link=link or None)) for text, look, link in line]
    return Strip(drawn).adjust_cell_length(width, Style.parse(f"on #11223{tone}")).simplify()


def whole(drawn: Sequence[Line], system: str = "truecolor") -> LayoutUpdate:
    rows = [[strip(line, WIDTH, system)] for line in (*drawn, *[[]] * HEIGHT)[:HEIGHT]]
    return LayoutUpdate(rows, Region(0, 0, WIDTH, HEIGHT))  # type: ignore[arg-type]  # as the compositor calls it


def scrolled(drawn: Sequence[Strip], beside: Sequence[Strip], spans: Sequence[tuple[int, int, int]]) -> ChopsUpdate:
    chops = [{0: left, left.cell_length: right} for left, right in zip(beside, drawn, strict=True)]
    return ChopsUpdate(chops, list(spans), [[left.cell_length, WIDTH] for left in beside])


class Both:
    """A terminal that Textual's bytes reach, and one that ours do."""

    def __init__(self, system: str = "truecolor", *, erases: bool = True) -> None:
        self.console = Console(color_system=system)  # type: ignore[arg-type]  # one of rich's names
        self.surface = Surface(ColorSystem[{"256": "EIGHT_BIT"}.get(system, system.upper())], erases=erases)
        self.surface.resize(WIDTH, HEIGHT)
        self.plain, self.lean = Model(WIDTH, HEIGHT, erases), Model(WIDTH, HEIGHT, erases)
        self.bytes = (0, 0)

    def show(self, update: CompositorUpdate, caret: tuple[int, int] = (3, 3)) -> None:
        plain = update.render_segments(self.console)
        self.plain.feed(plain)
        assert self.surface.apply(update)
        lean = self.surface.frame(caret)
        self.lean.feed(lean)
        self.bytes = (len(plain) + len("\x1b[4;4H"), len(lean))
        assert self.lean.seen == self.plain.seen
        assert (self.lean.x, self.lean.y) == caret


screens = st.lists(st.lists(lines, max_size=HEIGHT), min_size=1, max_size=3)
systems = st.sampled_from(sorted(SYSTEMS))


@settings(max_examples=25, deadline=None)
@given(screens, st.booleans(), systems)
def test_any_screen_after_any_other(shown: list[list[Line]], erases: bool, system: str) -> None:
    both = Both(system, erases=erases)
    for drawn in shown:
        both.show(whole(drawn, system))
        assert both.bytes[1] <= both.bytes[0]


@settings(max_examples=25, deadline=None)
@given(st.lists(lines, min_size=18, max_size=24), lines, st.lists(st.integers(-4, 5), min_size=1, max_size=6), st.booleans())
def test_lines_that_scroll_beside_a_pane(text: list[Line], name: Line, steps: list[int], erases: bool) -> None:
    both = Both(erases=erases)
    pane = [strip(name[number % 3 :], PANE) for number in range(HEIGHT)]
    document = [strip(line, WIDTH - PANE) for line in text]
    top = 5
    both.show(scrolled(document[top : top + HEIGHT], pane, [(y, 0, WIDTH) for y in range(HEIGHT)]))
    for step in steps:
        top = min(max(0, top + step), len(document) - HEIGHT)
        both.show(scrolled(document[top : top + HEIGHT], pane, [(y, PANE, WIDTH) for y in range(HEIGHT)]))


def test_a_screen_that_is_the_same_costs_nothing() -> None:
    both = Both()
    drawn = [[(f"line {number}", "bold", "")] for number in range(HEIGHT)]
    both.show(whole(drawn))
    both.show(whole(drawn))
    assert both.bytes[1] == 0


def test_what_moved_is_moved_by_the_terminal() -> None:
    both = Both()
    document = [strip([(f"a line of some words, number {number:02}", "", "")], WIDTH - PANE) for number in range(HEIGHT + 2)]
    pane = [strip([(f"{number}.png", "", "")], PANE) for number in range(HEIGHT)]
    every = [(y, 0, WIDTH) for y in range(HEIGHT)]
    both.show(scrolled(document[:HEIGHT], pane, every))
    both.show(scrolled(document[1 : HEIGHT + 1], pane, every))
    assert both.bytes[1] < both.bytes[0] / 2


def test_only_the_letters_that_differ_are_written() -> None:
    both = Both()
    both.show(whole([[("the quick brown fox jumps", "", "")]]))
    both.show(whole([[("the quick green fox jumps", "", "")]]), caret=(10, 0))
    assert both.bytes[1] < 20


@pytest.mark.parametrize("erases", [True, False])
def test_half_of_something_wide_goes_with_its_other_half(erases: bool) -> None:
    both = Both(erases=erases)
    both.show(whole([[("中文中文中文", "", "")]]))
    nothing: dict[int, Strip | None] = {0: None}
    box: dict[int, Strip | None] = {0: None, 3: strip([("││", "", "")], 2), 5: None}
    both.surface.apply(ChopsUpdate([box, *[nothing] * (HEIGHT - 1)], [(0, 3, 5)], [[3, 5, WIDTH], *[[WIDTH]] * (HEIGHT - 1)]))
    both.lean.feed(both.surface.frame((0, 0)))
    assert "".join(text for text, _look in both.lean.cells[0]).rstrip() == "中 ││ 文中文"


def test_after_something_else_wrote_all_is_drawn_again() -> None:
    both = Both()
    drawn = [[("here it stands", "", "")]]
    both.show(whole(drawn))
    both.lean.feed("\x1b[H\x1b[41mrubbish that somebody else wrote\x1b[5;5H")
    both.surface.forget()
    both.show(whole(drawn))


def test_a_picture_is_drawn_again_with_what_lies_under_it() -> None:
    surface = Surface(ColorSystem.TRUECOLOR, erases=True)
    surface.resize(WIDTH, HEIGHT)
    brush = Segment(" ", Style(link="\x1b\\\x1b7\x1b[10D\x1bPq#0~~~\x1b\\\x1b8"))
    rows = [[Strip([])]] * (HEIGHT - 1)
    shown = LayoutUpdate([[Strip([Segment(" " * 10), brush])], *rows], Region(0, 0, WIDTH, HEIGHT))
    gone = LayoutUpdate([[Strip([Segment(" " * 11)])], *rows], Region(0, 0, WIDTH, HEIGHT))
    surface.apply(shown)
    assert "\x1bPq#0~~~" in surface.frame((0, 0))
    surface.apply(shown)
    assert surface.frame((0, 0)) == ""
    surface.apply(gone)
    assert surface.frame((0, 0)) != "", "its pixels are still there"
