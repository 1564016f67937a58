"""The web page: what a reader sees, what a keyboard reaches, and what formulas become."""

from __future__ import annotations

import html.parser
from typing import Any

import msgspec
import pytest

from minicpm_tui.messages import Delta, End, ImagePart, Message, TextPart
from minicpm_tui.sessions.export import export
from minicpm_tui.sessions.export.formula import mathml
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.rerun_of import RERUN_OF
from tests.sessions.talk import AT, BLOBS, PICTURE, answer, question, reply


class Element:
    def __init__(self, tag: str, attributes: dict[str, str | None], above: Element | None) -> None:
        self.tag, self.attributes, self.above = tag, attributes, above
        self.inside: list[Element] = []
        self.text = ""

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        own = [each for each in self.inside if (not tag or each.tag == tag) and wanted.items() <= each.attributes.items()]
        return own + [found for each in self.inside for found in each.all(tag, **attributes)]


class Page(html.parser.HTMLParser):
    """A page as elements with the text in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = self.at = Element("", {}, None)
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), self.at)
        self.at.inside.append(element)
        if tag not in {"meta", "img", "br", "hr"}:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.inside.append(Element(tag, dict(attrs), self.at))

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag
        assert self.at.above is not None
        self.at = self.at.above

    def handle_data(self, data: str) -> None:
        element: Element | None = self.at
        while element is not None:
            element.text += data
            element = element.above


def page(journal: Journal) -> Element:
    with Journal.open(journal.id, read_only=True) as reader:
        return Page((export(reader, "html") or b"").decode()).root


def replied(text: str, **settings: Any) -> Element:
    with Journal.create(settings=settings) as journal:
        journal.append_message(question("u", "hi", media=True), BLOBS)
        answer(journal, "a", "u", text)
    return page(journal)


FORMULAS = {
    "\\(\\pi r^2\\)": "πr2",
    "$$\\frac{a}{b}$$": "ab",
    "\\[\n\\begin{aligned}\na &= b \\\\\n+ c &= d\n\\end{aligned}\n\\]": "a=b+c=d",
    "$x_1 < y$": "x1<y",
    "\\(\\text{面积}\\)": "面积",
}


@pytest.mark.parametrize(("source", "drawn"), FORMULAS.items())
def test_formulas_are_mathml_with_their_source(source: str, drawn: str) -> None:
    (formula,) = replied(f"so\n{source}\nis").all("math")
    (note,) = formula.all("annotation")
    assert note.text == (source[1:-1] if source.startswith("$x") else source[2:-2]).strip()
    assert "".join(formula.text.removesuffix(note.text).split()) == drawn
    assert formula.attributes["display"] == ("block" if source.startswith(("\\[", "$$")) else "inline")


@pytest.mark.parametrize(
    "source", ["\\(\\foo{\\)", "$$\\left( x$$", "\\(" + "{" * 3000 + "\\)", "$a & b$", "\\(" + "x" * 5000 + "\\)"]
)
def test_what_is_no_latex_stays_text(source: str) -> None:
    root = replied(source)
    assert not root.all("math")
    assert source in root.text


@pytest.mark.parametrize(
    "latex", ["\\href{javascript:alert(1)}{x}", "\\style{position:fixed}{x}", "\\class{y}{x}", "\\text{<img src=x>}"]
)
def test_no_formula_does_more_than_draw(latex: str) -> None:
    drawn = Page(mathml(f"\\({latex}\\)")).root
    assert not {"href", "style", "class", "src"} & {name for each in drawn.all() for name in each.attributes}
    assert not drawn.all("img")


def test_headings_of_a_reply_follow_on_its_own_and_none_is_skipped() -> None:
    levels = [
        int(each.tag[1])
        for each in replied("### Deep\n\n##### Deeper\n\n# Big\n\n###### Six").all()
        if each.tag[:1] == "h" and each.tag[1:].isdigit()
    ]
    assert levels == [1, 2, 2, 3, 4, 3, 4]


def test_tasks_are_drawn_and_wide_things_are_reached_by_keyboard() -> None:
    root = replied("- [x] done\n- [ ] open\n\n| a |\n|---|\n| b |\n\n```python\nx = 1\n```\n\n    indented")
    assert [each.text.strip() for each in root.all("li", class_="task")] == ["☑ done", "☐ open"]
    assert [each.attributes.get("tabindex") for each in root.all("pre")] == ["0", "0"]
    assert root.all("table")[0].above in root.all("div", tabindex="0")


def test_each_text_has_its_own_direction() -> None:
    root = replied("قطة\n\n1. واحد\n\nEnglish")
    blocks = [each for each in root.all() if each.tag in {"p", "ol"} and each.text.strip() in {"قطة", "واحد", "English", "hi"}]
    assert {each.attributes.get("dir") for each in blocks if each.above and each.above.tag == "article"} == {"auto"}


def test_what_a_reply_found_is_drawn_over_the_picture() -> None:
    root = replied("<ref>the cat</ref><box>0 0 500 1000</box>")
    (marks,) = root.all("svg")
    assert marks.attributes["aria-label"] == "the cat"
    assert marks.attributes["viewbox"] == "0 0 64 48"
    assert marks.all("polygon")[0].attributes["points"] == "0.0,0.0 32.0,0.0 32.0,48.0 0.0,48.0"
    assert marks.above is not None
    assert marks.above.all("img")


def test_pictures_of_a_message_stand_together_and_frames_have_times() -> None:
    with Journal.create() as journal:
        parts = (TextPart("hi"), ImagePart("a.jpg", PICTURE.sha256), ImagePart("b.jpg", PICTURE.sha256))
        journal.append_message(Message("u", None, "user", parts, AT), BLOBS)
        journal.append_message(question("v", "hi", "u", media=True), BLOBS)
    first, second = page(journal).all("div", class_="pictures")
    assert [each.attributes["alt"] for each in first.all("img")] == ["a.jpg", "b.jpg"]
    assert [each.attributes["alt"] for each in second.all("img")] == ["cat.jpg"]
    alts = [each.attributes["alt"] for each in page(journal).all("figure", class_="video")[0].all("img")]
    assert alts == ["walk.mp4 0.00 s", "walk.mp4 0.50 s", "walk.mp4 1.00 s"]


def test_other_answers_are_folded_and_say_how_they_ended() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        journal.append_message(reply("a", "u"))
        journal.append_deltas("a", [Delta("content", "first", 0.1)])
        journal.append_end("a", End("abort"))
        answer(journal, "b", "u", "second")
    root = page(journal)
    (folded,) = root.all("details", class_="others")
    assert "answer 1 of 2" in folded.all("summary")[0].text
    assert "first" in folded.text
    assert "Stopped" in folded.text
    assert "answer 2 of 2" in root.text
    assert "second" not in folded.text


def test_a_rerun_has_both_answers_in_two_columns() -> None:
    with Journal.create() as source:
        source.append_message(question("u", "hi"))
        answer(source, "a", "u", "recorded")
        source.append_message(question("v", "again", "a"))
    with Journal.create(settings={RERUN_OF: source.id}) as rerun:
        rerun.append_message(question("x", "hi"))
        answer(rerun, "y", "x", "new one")
        copy = msgspec.structs.replace(source.tree.messages["a"], id="c", parent="x", request={RERUN_OF: "a"})
        rerun.append_message(copy)
        rerun.append_message(question("z", "again", "c"))
    first, second = page(rerun).all("div", class_="columns")
    before, after = first.all("article")
    assert "recorded" in before.text
    assert "new one" in after.text
    assert not second.all("article")
    rerun_alone = Journal.open(rerun.id, read_only=True)
    assert source.path is not None
    source.path.rename(source.path.with_name("gone"))
    assert "new one" in (export(rerun_alone, "html") or b"").decode()
