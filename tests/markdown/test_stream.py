"""Markdown that comes in pieces ends as Markdown that comes at once."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from minicpm_tui.markdown.blocks import render
from minicpm_tui.markdown.line import BLANK, Line
from minicpm_tui.markdown.stream import Stream
from minicpm_tui.markdown.wrap import width_of
from minicpm_tui.text import printable
from tests.markdown.writing import chunks, markdown


def stream(text: str, sizes: list[int], width: int) -> tuple[Stream, list[Line]]:
    """Feed ``text`` in chunks of ``sizes`` in turn, drawing each time; what the end looks like."""
    streamed = Stream()
    at = index = 0
    while at < len(text):
        size = sizes[index % len(sizes)]
        streamed.feed(text[at : at + size])
        streamed.lines(width)
        at, index = at + size, index + 1
    streamed.finish()
    return streamed, drawn(streamed, width)


def drawn(stream: Stream, width: int) -> list[Line]:
    lines: list[Line] = []
    for start, end in stream.blocks:
        block = render(stream.source[start:end], width, {"references": dict(stream.definitions)})
        lines += [*([BLANK] if lines and block else []), *block]
    return lines


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(markdown, chunks, st.integers(1, 50))
@example("para\n```x`", [1], 20)
@example("a\n-", [1], 20)
@example("[a]\n\n[a]: http://x.y", [3], 20)
def test_any_chunking_ends_the_same(text: str, sizes: list[int], width: int) -> None:
    streamed, lines = stream(text, sizes, width)
    at_once, expected = stream(text, [len(text) or 1], width)
    assert streamed.source == at_once.source == printable(text)
    assert [line.runs for line in lines] == [line.runs for line in expected]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(markdown, chunks)
@example("[a]\n\n[a]: http://x.y", [3])
@example("| a |\n|---|\n| 1 | 2 |\n", [3])
def test_blocks_look_like_the_whole(text: str, sizes: list[int]) -> None:
    _, lines = stream(text, sizes, 40)
    whole = render(printable(text), 40)
    assert [line.text.rstrip() for line in lines] == [line.text.rstrip() for line in whole]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(markdown, chunks)
def test_blocks_cover_the_source(text: str, sizes: list[int]) -> None:
    streamed, _ = stream(text, sizes, 40)
    assert "".join(streamed.source[start:end] for start, end in streamed.blocks) == printable(text)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(markdown, st.integers(2, 60))
def test_no_line_is_wider_than_asked(text: str, width: int) -> None:
    for line in render(printable(text), width):
        assert sum(width_of(run) for run, _ink in line.runs) <= width


def test_half_an_address_is_not_kept() -> None:
    streamed, _ = stream("[a]: http://x.yz/long\n\nsee [a] now\n", [1], 40)
    assert streamed.definitions["A"]["href"] == "http://x.yz/long"


def test_an_open_fence_shows_its_lines_at_once() -> None:
    streamed = Stream()
    streamed.feed("```python\nx = 1\ny =")
    assert [line.text.rstrip() for line in streamed.lines(20)][1:] == [" x = 1", " y ="]
    streamed.feed(" 2\n```\nafter")
    assert streamed.blocks == [(0, 26)]
    assert [line.text for line in streamed.lines(20)] == ["after"]
