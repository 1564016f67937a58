"""The terminal's own cursor stands where the next character will: an input method draws there what is being composed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input, TextArea

from minicpm_tui.ui.terminal import caret
from minicpm_tui.ui.terminal.caret import Caret, caret_of
from tests.terminal import Terminal
from tests.ui.keys.conftest import at_once
from tests.ui.keys.test_bursts import END, FIELDS, hold_a_conversation
from tests.waiting import until


def place(terminal: Terminal, text: str = END) -> tuple[int, int]:
    """Where ``text`` begins."""
    return next((line.index(text), row) for row, line in enumerate(terminal.screen.display) if text in line)


def test_from_the_start_on(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "minicpm_tui", "--url", "127.0.0.1:9"]
    with Terminal(argv, env={"MINICPM_TUI_HOME": str(tmp_path)}) as terminal:
        terminal.wait_for("@ completes paths")
        first = place(terminal, "Ask about")
        terminal.wait_until(lambda: terminal.caret == first)
        terminal.send(END)
        terminal.wait_until(lambda: END in terminal.text)
        assert place(terminal) == first


@pytest.mark.parametrize("name", sorted(FIELDS.keys() - {"theme"}))
def test_in_every_field(program: Terminal, name: str) -> None:
    if name == "find":
        hold_a_conversation(program)
    home = program.caret
    at_once(program, FIELDS[name].enter)
    program.wait_until(lambda: program.caret != home)
    program.settle()
    column, _row = program.caret
    at_once(program, END)
    program.wait_until(lambda: END in program.text)
    assert place(program)[0] == column
    at_once(program, "一二<Left>")
    program.wait_until(lambda: "一" in program.text)
    program.wait_until(lambda: program.caret == (column + 3, place(program)[1]))
    at_once(program, f"<End><BS><BS><BS>{FIELDS[name].leave}")
    program.wait_until(lambda: program.caret == home)


class Host(Caret, App[None]):
    def compose(self) -> ComposeResult:
        yield Input()
        yield TextArea()


async def test_it_blinks_while_somebody_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caret, "BLINK_SECONDS", 0.2)
    app = Host()
    async with app.run_test() as pilot:
        field = app.query_one(Input)
        assert field.cursor_blink
        await until(lambda: not field.cursor_blink, pilot)
        await pilot.press("a")
        assert field.cursor_blink
        await pilot.press("tab")
        await until(lambda: not app.query_one(TextArea).cursor_blink, pilot)


async def test_it_follows_what_scrolls() -> None:
    app = Host()
    async with app.run_test(size=(20, 10)) as pilot:
        field, area = app.query_one(Input), app.query_one(TextArea)
        await pilot.press(*"x" * 30)
        await until(lambda: caret_of(field) is not None and field.scroll_offset.x > 0, pilot)
        assert field.content_region.contains_point(caret_of(field) or (-1, -1))
        area.focus()
        area.text = "line\n" * 30
        await pilot.press("ctrl+end")
        area.move_cursor(area.document.end)
        await until(lambda: area.scroll_offset.y > 0, pilot)
        assert area.region.contains_point(caret_of(area) or (-1, -1))
        assert caret_of(app.screen) is None
