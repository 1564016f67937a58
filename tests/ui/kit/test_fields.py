"""What is pasted into a field: as much as it holds, at once, whatever it is."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Input

import minicpm_tui.ui
from minicpm_tui.ui.kit.dialogs import Choice, Choose, Line, Window
from minicpm_tui.ui.kit.field import LONGEST, LONGEST_AREA, Area
from minicpm_tui.ui.kit.palette import CommandProvider, Palette
from tests.waiting import until

WINDOWS: dict[str, Callable[[], Window]] = {
    "line": lambda: Line("Name"),
    "secret": lambda: Line("Key", secret=True),
    "filter": lambda: Choose("Which?", [Choice("a", "apple"), Choice("b", "pear")]),
}
PASTES = {"letters": "a word " * 150_000, "marks": "a" + "\u0301" * 50_000, "wide": "中" * 350_000}


class Showing(App[None]):
    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window = window

    def on_mount(self) -> None:
        self.push_screen(self.window)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("paste", PASTES)
async def test_a_field_takes_what_it_holds_and_says_that_the_rest_is_left_out(window: str, paste: str) -> None:
    app = Showing(WINDOWS[window]())
    async with app.run_test() as pilot:
        await until(lambda: isinstance(app.focused, Input), pilot)
        field = app.screen.query_one(Input)
        field.post_message(events.Paste(PASTES[paste]))
        await until(lambda: field.value, pilot)
        assert field.value == PASTES[paste][:LONGEST]
        assert [notice.message for notice in app._notifications] == [
            "This field holds 10,000 characters: the rest of what you entered is left out"
        ]
        await pilot.press("backspace", "x")
        assert field.value == PASTES[paste][: LONGEST - 1] + "x"
        assert len(app._notifications) == 1


class Typing(App[None]):
    COMMANDS = {CommandProvider}  # noqa: RUF012 - Textual's own annotation is not ClassVar

    def compose(self) -> ComposeResult:
        yield Area("before ", id="area")


async def test_the_palette_takes_what_a_field_holds() -> None:
    app = Typing()
    async with app.run_test() as pilot:
        app.push_screen(Palette())
        await until(lambda: isinstance(app.focused, Input), pilot)
        field = app.screen.query_one(Input)
        field.post_message(events.Paste(PASTES["letters"]))
        await until(lambda: field.value, pilot)
        assert field.value == PASTES["letters"][:LONGEST]
        assert len(app._notifications) == 1


@pytest.mark.parametrize("paste", ["a word " * 150_000, "line\n" * 200_000])
async def test_a_field_of_several_lines_takes_what_it_holds(paste: str) -> None:
    app = Typing()
    async with app.run_test() as pilot:
        area = app.query_one(Area)
        area.focus()
        area.move_cursor(area.document.end)
        app.post_message(events.Paste(paste))
        await until(lambda: app._notifications, pilot)
        assert area.text == ("before " + paste)[:LONGEST_AREA]
        await pilot.press("backspace", "x")
        assert area.text[-1] == "x"
        assert len(app._notifications) == 1
        area.text = paste  # what is kept elsewhere is not cut
        assert area.text == paste


def test_every_field_is_one_of_these() -> None:
    bare = [
        f"{path.name}:{node.lineno}"
        for path in Path(minicpm_tui.ui.__path__[0]).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Input", "TextArea"}
    ]
    assert bare == []
