"""Whatever a model writes can be read: Markdown is drawn, and nothing of the text is left out."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from minicpm_tui.markdown.blocks import render
from minicpm_tui.markdown.line import Line
from minicpm_tui.markdown.stream import Stream
from minicpm_tui.text import printable
from tests.markdown.writing import chunks, markdown


def letters(text: str) -> Counter[str]:
    return Counter(character for character in text if character.isalpha())


def shown(lines: Iterable[Line]) -> str:
    """What is drawn, less the program's own buttons."""
    return "".join(text for line in lines for text, ink in line.runs if "button" not in ink)


def whole(stream: Stream, width: int) -> str:
    """What is drawn of a reply that is still being written."""
    lines: list[Line] = []
    for start, end in stream.blocks:
        lines += render(stream.source[start:end], width, {"references": dict(stream.definitions)}, addresses=True)
    return shown([*lines, *stream.lines(width)])


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(markdown, st.integers(1, 60))
@example("> " * 30 + "deep", 40)
@example("- " * 30 + "deep", 40)
@example("| a | b |\n|---|---|\n| c | d | more |", 40)
@example("| a | b |\n|---|---|\n", 2)
@example("```python title\nx\n```", 12)
@example("[注]: 见下", 40)
def test_every_letter_is_drawn(text: str, width: int) -> None:
    assume(html.unescape(text) == text and "<br" not in text.lower())
    lost = letters(printable(text)) - letters(shown(render(printable(text), width, addresses=True)))
    assert not lost


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(markdown, chunks, st.integers(1, 60))
def test_every_letter_is_drawn_at_once(text: str, sizes: list[int], width: int) -> None:
    assume(html.unescape(text) == text and "<br" not in text.lower())
    stream = Stream(addresses=True)
    at = index = 0
    while at < len(text):
        end = at + sizes[index % len(sizes)]
        stream.feed(text[at:end])
        at, index = end, index + 1
        assert not letters(printable(text[:at])) - letters(whole(stream, width))


@pytest.mark.parametrize(
    "text",
    [
        "a<b and c>d",
        "<ref>the cat</ref><box>12 34 56 78</box>",
        "<table><tr><td>1</td></tr></table>",
        "<think>hm</think>so",
        "<!-- a remark -->",
        "[x](y) and f[i](j)",
        "![scan](page-3.png)",
        "[1]: see below",
        r"\(a_1 \{b\}\) and \[ \frac{a}{b} \\ c \]",
        "coffee      3.50",
        "#",
    ],
)
def test_what_is_no_markup_stays_as_it_is(text: str) -> None:
    assert [line.text.rstrip() for line in render(text, 60)] == [text]


def test_an_entity_is_what_it_stands_for_and_steers_nothing() -> None:
    assert render("&lt;b&gt; &amp; &copy; &nosuch;", 40)[0].text == "<b> & © &nosuch;"
    assert render("a&#x202e;b&#27;[31m", 40)[0].text == "a\ufffdb\ufffd[31m"


def test_line_breaks_are_kept() -> None:
    receipt = "Tea   2.00\nBun   1.50\nSum   3.50"
    assert [line.text for line in render(receipt, 40)] == receipt.split("\n")
    assert [line.text for line in render("- 甲\n  乙\n\n> 丙\n> 丁", 40)] == ["• 甲", "  乙", "", "▌ 丙", "▌ 丁"]
    assert render("`one\ntwo`", 40)[0].text == "one two"


def test_numbers_are_those_that_were_written() -> None:
    assert [line.text.strip() for line in render("3. c\n7. g\n\npause\n\n2) b", 40)] == ["3. c", "7. g", "", "pause", "", "2) b"]
    assert [line.text.strip() for line in render("1. a\n1. b", 40)] == ["1. a", "2. b"]


@pytest.mark.parametrize(
    ("text", "inside", "ink"),
    [
        ("**加粗：**后", "加粗：", "strong"),
        ("前**（注）**后", "（注）", "strong"),
        ("他说**“你好”**吗", "“你好”", "strong"),
        ("**Note:**后", "Note:", "strong"),
        ("**価格は？**はい", "価格は？", "strong"),
        ("**이 용어(term)**를", "이 용어(term)", "strong"),
        ("前*斜。*后", "斜。", "em"),
        ("前~~删！~~后", "删！", "s"),
        ("a **b** c", "b", "strong"),
    ],
)
def test_emphasis_ends_beside_chinese_punctuation(text: str, inside: str, ink: str) -> None:
    assert (inside, (ink,)) in render(text, 60)[0].runs


@pytest.mark.parametrize("text", ["2 * 3 * 4", "snake_case_name", "文件_名_字", "a ** b ** c", "**", "5*"])
def test_what_is_no_emphasis_is_left_alone(text: str) -> None:
    assert render(text, 60)[0].runs == ((text, ()),)


def test_where_a_link_leads_is_written_for_the_shell() -> None:
    assert (
        render("[docs](http://x.y) http://q.w <http://e.f>", 80, addresses=True)[0].text
        == "docs (http://x.y) http://q.w http://e.f"
    )
    assert render("[docs](http://x.y)", 80)[0].text == "docs"
