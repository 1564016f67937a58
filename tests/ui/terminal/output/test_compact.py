"""Fewer bytes must look the same."""

from __future__ import annotations

import io

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from minicpm_tui.ui.terminal.output.compact import CompactStrip

colours = st.sampled_from([None, "#ff8800", "#102030", "red", "bright_blue", "color(200)", "default"])
styles = st.builds(
    lambda colour, background, bold, italic, underline, reverse: Style(
        color=colour, bgcolor=background, bold=bold, italic=italic, underline=underline, reverse=reverse
    ),
    colours,
    colours,
    *[st.sampled_from([None, True])] * 4,
)
texts = st.text("ab 中", min_size=1, max_size=4)
segments = st.lists(st.tuples(texts, st.none() | styles).map(lambda pair: Segment(*pair)), min_size=1, max_size=8)


def console(system: str) -> Console:
    return Console(file=io.StringIO(), color_system=system, force_terminal=True)  # type: ignore[arg-type]  # a name of rich's


def screen_after(rows: list[str]) -> list[dict[int, object]]:
    screen = pyte.Screen(40, 4)
    stream = pyte.Stream(screen)
    for row in rows:
        stream.feed(row + "\r\n")
    return [dict(screen.buffer[y]) for y in range(4)]


@settings(max_examples=300, deadline=None)
@given(st.lists(segments, min_size=1, max_size=3), st.sampled_from(["truecolor", "256", "standard"]))
def test_the_screen_looks_the_same(rows: list[list[Segment]], system: str) -> None:
    where = console(system)
    ours = [CompactStrip(row).render(where) for row in rows]
    theirs = [Strip(row).render(where) for row in rows]
    assert screen_after(ours) == screen_after(theirs)


def test_it_says_less() -> None:
    dark = "#101010"
    row = [Segment("a", Style(bgcolor=dark)), Segment("b", Style(bgcolor=dark, bold=True)), Segment("c", Style(bgcolor=dark))]
    assert len(CompactStrip(row).render(console("truecolor"))) < len(Strip(row).render(console("truecolor")))


def test_links_reach_the_terminal() -> None:
    row = [Segment("here", Style(link="http://x.y/"))]
    assert CompactStrip(row).render(console("truecolor")) == "\x1b]8;;http://x.y/\x1b\\here\x1b]8;;\x1b\\"


def test_what_is_private_is_still_there() -> None:
    assert console("truecolor")._color_system is ColorSystem.TRUECOLOR
    assert Strip([])._render_cache is None
    assert Strip.render_ansi(Style(color="#010203"), ColorSystem.TRUECOLOR) == "38;2;1;2;3"
    strip = CompactStrip([Segment("ab")], 2)
    assert strip.divide([2])[0] is strip, "the compositor no longer hands strips through"
