"""Long texts: the work grows as the text does, and nothing of them is lost."""

from __future__ import annotations

from time import process_time

import pytest

from minicpm_tui.markdown.blocks import render
from minicpm_tui.markdown.source import places
from minicpm_tui.markdown.stream import Stream
from minicpm_tui.markdown.wrap import chop, spans, width_of, wrap

TEXTS = {
    "one word": "x",
    "words": "word ",
    "chinese": "汉字",
    "marks": "a" + "\u0301" * 99,
    "families": "👩\u200d👩\u200d👧",
    "bold": "**a** ",
    "list": "- an item\n",
    "quote": "> quoted\n",
    "lines": "some words\n",
    "brackets": "[",
    "formulas": "\\(",
    "blank": "\n",
}
BLOCKS = TEXTS | {"code": "x = 1\n", "table": "| a | b |\n"}


def long_text(kind: str, length: int) -> str:
    """About ``length`` characters of one kind."""
    piece = BLOCKS[kind]
    before = {"code": "```python\n", "table": "| a | b |\n|---|---|\n"}.get(kind, "")
    return before + piece * (length // len(piece))


def cut(text: str) -> Stream:
    stream = Stream.of(text)
    while stream.step(stream.wanted):
        pass
    stream.finish()
    return stream


def seconds(kind: str, length: int) -> float:
    """CPU seconds for laying a text out, the least of three."""
    text = long_text(kind, length)
    least = float("inf")
    for _attempt in range(3):
        begin = process_time()
        stream = cut(text)
        for start, end in stream.blocks:
            stream.block_lines(start, end, 80)
        chop(text, 80)
        spans(text, 80)
        least = min(least, process_time() - begin)
    return least


@pytest.mark.parametrize("kind", [*TEXTS, "code"])
def test_eight_times_the_text_takes_no_more_than_three_times_eight_as_long(kind: str) -> None:
    assert seconds(kind, 48_000) < 24 * max(seconds(kind, 6000), 0.004)


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("width", [7, 80])
def test_no_line_is_too_wide_and_none_is_lost(kind: str, width: int) -> None:
    text = long_text(kind, 5000)
    for first, last in chop(text.replace("\n", " "), width):
        assert width_of(text.replace("\n", " ")[first:last]) <= width
        assert last - first <= width * 8 + 64
    shown = "".join(line.text for line in wrap([(text, ())], width))
    assert "".join(shown.split()) == "".join(text.split())


@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize("size", [997, 5000])
def test_a_long_block_is_cut_at_the_same_places_however_it_arrives(kind: str, size: int) -> None:
    text = long_text(kind, 130_000 if kind in {"code", "table"} else 20_000)
    arriving = Stream()
    for at in range(0, len(text), size):
        arriving.feed(text[at : at + size])
    arriving.finish()
    whole = cut(text)
    assert arriving.blocks == whole.blocks
    assert arriving.cuts == whole.cuts
    assert "".join(whole.source[start:end] for start, end in whole.blocks) == text
    assert len(whole.blocks) > 1


def test_code_that_is_cut_stays_code() -> None:
    text = "```python\n" + "value = 1  # a comment\n" * 6000 + "```\nafter\n"
    stream = cut(text)
    lines = [line for start, end in stream.blocks for line in stream.block_lines(start, end, 60)]
    expected = render(text, 60)
    assert [line.text for line in lines] == [line.text for line in expected if line.text]
    for start, end in stream.blocks[:-1]:
        line = stream.block_lines(start, end, 60)[-1]
        mark = line.marks[0]
        shown = places(mark.leaf, stream.source[start:end])
        assert stream.source[start:end][shown[0] : shown[-1] + 1] == line.text.strip()


def test_a_long_line_of_marks_stays_short_on_the_screen() -> None:
    assert max(len(line.text) for line in render("a" + "\u0301" * 50_000, 80)) <= 80 * 8 + 64
