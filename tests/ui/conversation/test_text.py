"""Markdown among other widgets looks as in the conversation."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Offset
from textual.selection import Selection

from minicpm_tui.ui.conversation.text import MarkdownText
from tests.markdown.writing import chunks, markdown


class Host(App[None]):
    """Shows ``text`` above a line of another widget."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield MarkdownText(self.text)

    @property
    def widget(self) -> MarkdownText:
        return self.query_one(MarkdownText)

    @property
    def shown(self) -> list[str]:
        widget = self.widget
        return [strip.text.rstrip() for strip in widget.render_lines(widget.size.region)]


async def test_it_is_as_high_as_its_lines() -> None:
    app = Host("# Title\n\n**加粗：**后\n\n- a<b and c>d\n- two")
    async with app.run_test(size=(40, 20)):
        assert [line.strip() for line in app.shown] == ["Title", "", "加粗：后", "", "• a<b and c>d", "• two"]
        app.widget.update("one\ntwo")
        await app.animator.wait_for_idle()
        assert [line.text for line in app.widget.lines(40)] == ["one", "two"]


async def test_what_is_marked_is_marked_across_markup() -> None:
    app = Host()
    async with app.run_test(size=(40, 20)) as pilot:
        app.widget.update("a **bold red** word", [(4, 12)], ("removed",))
        await pilot.pause()
        assert [text for text, ink in app.widget.lines(40)[0].runs if "removed" in ink] == ["bold red"]


async def test_what_is_shown_can_be_copied() -> None:
    app = Host("# Title\n\none *two* three")
    async with app.run_test(size=(40, 20)):
        found = app.widget.get_selection(Selection(Offset(4, 2), Offset(7, 2)))
        assert found == ("two", "\n")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(markdown, chunks)
def test_growing_ends_as_all_at_once(text: str, sizes: list[int]) -> None:
    growing, whole = MarkdownText(), MarkdownText()
    at = index = 0
    while at < len(text):
        size = sizes[index % len(sizes)]
        growing._put(text[at : at + size])
        growing.lines(30)
        at, index = at + size, index + 1
    growing._stream.finish()
    whole.update(text)
    assert [line.runs for line in growing.lines(30)] == [line.runs for line in whole.lines(30)]
