"""Markdown as renderers read it: every message is there, and none reaches into the next."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from minicpm_tui.messages import Delta, End
from minicpm_tui.sessions.export import export
from minicpm_tui.sessions.export.markdown_text import closed, plain
from minicpm_tui.sessions.journal import Journal
from tests.sessions.talk import BLOBS, FRAMES, answer, question, reply

RENDERERS = {"commonmark": MarkdownIt("commonmark"), "gfm": MarkdownIt("gfm-like", {"html": True, "linkify": False})}
HOSTILE = [
    "```python\nx = 1",
    "~~~~\n~~~\nopen",
    "<script>\nalert(1)",
    "<!-- a comment",
    "text\n<?php\n<![CDATA[\n<div>\n<pre>",
    "> quoted\n> ```\n> open",
    "- item\n  ```\n  <textarea>",
    "| a | b |\n|---|---|\n| `<b>` | <!-- |",
    "[1]: http://a.example\n[^1]: <style>\n[text][1]",
    "\\(a < b\\) and `` ` <b> `` and \\\\<i>",
    "\\[\na \\\\\n+ b\n= c\n<",
    "Title\n===\n\nOther <u>\nlines\n---\n\n# One\n###### Six",
    "<details><summary>",
    "    <pre>\n    indented",
]


def seen(tokens: list[Token]) -> str:
    """The text that a reader sees."""
    lines = []
    for token in tokens:
        if token.type in {"fence", "code_block"}:
            lines.append(token.content)
        shown = (child for child in token.children or () if child.type != "image")
        lines += ["\n" if child.type in {"softbreak", "hardbreak"} else child.content for child in shown]
        lines.append("\n" if token.block else "")
    return "".join(lines)


def headings(tokens: list[Token], tag: str) -> list[str]:
    return [inner.content for token, inner in pairwise(tokens) if token.tag == tag and token.nesting == 1 and token.level == 0]


def pictures(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or () if child.type == "image"]


@pytest.mark.parametrize("renderer", RENDERERS)
def test_every_turn_and_picture_is_there_after_any_reply(tmp_path: Path, renderer: str) -> None:
    with Journal.create() as journal:
        parent = None
        for number, text in enumerate(HOSTILE):
            journal.append_message(question(f"u{number}", text, parent, media=True), BLOBS)
            parent = f"a{number}"
            answer(journal, parent, f"u{number}", text, reasoning=text)
    export(Journal.open(journal.id, read_only=True), "md", tmp_path / "x.md")
    tokens = RENDERERS[renderer].parse((tmp_path / "x.md").read_text())
    assert len(headings(tokens, "h2")) == 2 * len(HOSTILE)
    assert len(headings(tokens, "h1")) == 1
    assert len(pictures(tokens)) == len(HOSTILE) * (1 + len(FRAMES))
    raw = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert set(raw) == {"<details><summary>Reasoning</summary>", "</details>"}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("renderer", RENDERERS)
def test_no_reply_acts_as_html_or_reaches_into_what_follows(renderer: str, text: str) -> None:
    tokens = RENDERERS[renderer].parse(f"{closed(text, 2)}\n\n## Next\n")
    assert headings(tokens, "h2") == ["Next"]
    kinds = {child.type for token in tokens for child in token.children or ()} | {token.type for token in tokens}
    assert not {"html_block", "html_inline"} & kinds
    for word in re.findall(r"[a-z]{4,}", text):
        assert word in seen(tokens) or word in {"python", "http"}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from([*"ab`~<>#*-+=|[]()\\$!&:_1. \n\n", "```", "<b>", "<!--", "$$", "\\[", "    ", "> ", "- "]), max_size=40
    )
)
def test_whatever_is_written_the_next_message_begins_after_it(pieces: list[str]) -> None:
    text = "".join(pieces)
    for renderer in RENDERERS.values():
        for written in (closed(text, 2), plain(text)):
            tokens = renderer.parse(f"{written}\n\n## Next\n")
            assert headings(tokens, "h2") == ["Next"], written
            assert "html_block" not in {token.type for token in tokens}, written


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize(
    "text",
    ["# not heading", "a<b and c>d", "1. one\n2. two", "- x\n+ y\n* z", "Title\n===", "---", "`code` *and* _more_ ~~no~~ **b**",
     "| a |\n|---|\n| b |", "&lt; &amp; &copy;", "[a](http://b.example) ![c](d)", "<script>alert(1)</script>", "C:\\new\\(x\\)",
     "$x$", "first\n\nsecond", "> no quote", "```\nno code", "\\"],
)  # fmt: skip
def test_what_the_user_wrote_is_text(renderer: str, text: str) -> None:
    tokens = RENDERERS[renderer].parse(plain(text))
    assert {token.type for token in tokens} == {"paragraph_open", "inline", "paragraph_close"}
    assert [line for line in seen(tokens).split("\n") if line] == [line for line in text.split("\n") if line]


@pytest.mark.parametrize(("renderer", "text", "kept"), [
    (name, text, kept) for name in RENDERERS for text, kept in (
        ("<ref>cat</ref><box>1 2 3 4</box>", "<ref>cat</ref><box>1 2 3 4</box>"),
        ("so \\(a_1 \\{b\\} c_2\\) is", "so $a_1 \\{b\\} c_2$ is"),
        ("\\[\na \\\\\n+ b\n- c\n\\]", "a \\\\\n+ b\n- c"),
        ("$$\\frac{a}{b}\n= c$$", "\\frac{a}{b}\n= c"),
        ("- $$\\frac{a}{b}\n  = c$$", "$\\frac{a}{b} = c$"),
        ("$a_1 + b_1$ costs $5 and $10", "$a_1 + b_1$ costs $5 and $10"),
        ("Tea 2.00\nMilk 3.00", "Tea 2.00\nMilk 3.00"),
    )
])  # fmt: skip
def test_what_the_model_wrote_keeps_its_marks_and_formulas(renderer: str, text: str, kept: str) -> None:
    assert seen(RENDERERS[renderer].parse(closed(text, 2))).strip() == kept


BOLD = ["**加粗：**后", "他说**“你好”**了", "这是**重点。**下一句", "**日本語「太字」**です", "plain **bold** word"]


@pytest.mark.parametrize("text", BOLD)
@pytest.mark.parametrize("renderer", RENDERERS)
def test_what_is_bold_in_chinese_is_bold_for_renderers_that_want_spaces(renderer: str, text: str) -> None:
    tokens = RENDERERS[renderer].parse(closed(text, 2))
    assert [child.type for token in tokens for child in token.children or ()].count("strong_open") == 1
    assert seen(tokens).replace("\N{ZERO WIDTH SPACE}", "").strip() == text.replace("**", "")


def test_headings_of_a_reply_go_below_its_own() -> None:
    tokens = RENDERERS["gfm"].parse(closed("Big\nand bold\n===\n\n> ## Quoted\n\n###### Six", 2))
    found = [(token.tag, inner.content) for token, inner in pairwise(tokens) if token.type == "heading_open"]
    assert found == [("h3", "Big and bold"), ("h4", "Quoted"), ("h6", "Six")]


def test_a_video_names_the_time_of_each_frame(tmp_path: Path) -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi", media=True), BLOBS)
    export(Journal.open(journal.id, read_only=True), "md", tmp_path / "x.md")
    found = pictures(RENDERERS["gfm"].parse((tmp_path / "x.md").read_text()))
    assert [picture.content for picture in found] == ["cat.jpg", "walk.mp4 0.00 s", "walk.mp4 0.50 s", "walk.mp4 1.00 s"]


def test_other_answers_are_listed_and_stopped_ones_say_so(tmp_path: Path) -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        journal.append_message(reply("a", "u"))
        journal.append_deltas("a", [Delta("content", "```\nfirst", 0.1)])
        journal.append_end("a", End("abort"))
        answer(journal, "b", "u", "second")
        journal.append_message(reply("c", "u"))
        journal.select("b")
    text = (export(Journal.open(journal.id, read_only=True), "md") or b"").decode()
    tokens = RENDERERS["gfm"].parse(text)
    assert [each.rpartition(" · ")[2] for each in headings(tokens, "h2")] == ["You", "answer 2 of 3"]
    shown = seen(tokens)
    for said in ("answer 1 of 3", "first", "Stopped", "second", "answer 3 of 3", "Unfinished"):
        assert said in shown
