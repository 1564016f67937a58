"""The screen is the same whether all of an update is written or only what is new."""

from __future__ import annotations

import io
import random
import re
from typing import Any

import pyte
import pytest
from rich.console import Console
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Label

from minicpm_tui.ui.terminal.output.written import LeanOutput, Written
from tests.ui.conversation.host import Host, content, reply, turns, user
from tests.waiting import until

_LINKS = re.compile(r"\x1b\]8;[^\x1b]*\x1b\\")  # pyte shows them


class Twice(Host):
    """Draws every update on two terminals: as Textual has it, and made smaller."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.plain = pyte.Screen(80, 24)
        self.lean = pyte.Screen(80, 24)
        self.written = Written()
        self.console_of_pty = Console(file=io.StringIO(), color_system="truecolor", force_terminal=True)
        self.bytes = [0, 0]
        self.differences: list[str] = []

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        super()._display(screen, renderable)
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            whole = renderable.render_segments(self.console_of_pty)
            less = self.written.reduce(renderable).render_segments(self.console_of_pty)
            for number, (terminal, text) in enumerate(((self.plain, whole), (self.lean, less))):
                pyte.Stream(terminal).feed(_LINKS.sub("", text))
                self.bytes[number] += len(text)
            if self.plain.display != self.lean.display or self.plain.buffer != self.lean.buffer:
                self.differences.append("\n".join(self.lean.display))

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield Label("a line below")


TEXT = "".join(
    f"## Part {n}\n\nSome **words** of a paragraph that wraps around the end of the line, in any case, I think.\n\n"
    f"- item {n}\n- 中文 {n}\n\n```python\nx = {n}\n```\n\n"
    for n in range(12)
)


async def disturb(app: Twice, pilot: Pilot[None], dice: random.Random) -> None:
    """Something that a user may do while a reply arrives."""
    pane = app.pane
    match dice.randint(0, 16):
        case 0 | 1:
            await pilot.press("pageup")
        case 2 | 3 | 4:
            await pilot.press("end")
        case 5:
            app.notify("a toast over it", timeout=0.1)
        case 6:
            pane.finder.find("wraps")
        case 7:
            pane.finder.end()
        case 8:
            await pilot.press("k", "up", "up")
        case 9:
            await app.push_screen(Screen())
            await pilot.pause()
            app.pop_screen()
        case 10:
            pane.text_select_all()
        case 11:
            app.screen.clear_selection()


@pytest.mark.parametrize("seed", range(4))
async def test_any_session_looks_the_same(seed: int) -> None:
    dice = random.Random(seed)
    app = Twice(turns(6))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.pane.begin(reply(99, "", end=None))
        at = 0
        while at < len(TEXT):
            size = dice.randint(5, 120)
            app.pane.feed(content(TEXT[at : at + size]))
            at += size
            await disturb(app, pilot, dice)
            await pilot.pause()
        app.pane.finish(reply(99, TEXT))
        await until(lambda: not app.pane.streaming, pilot)
        await pilot.press("end")
        await until(lambda: "item 11" in "\n".join(app.lean.display), pilot)
        assert not app.differences


async def test_following_a_reply_writes_less() -> None:
    app = Twice([user(1, "hello")])
    async with app.run_test(size=(80, 24)) as pilot:
        pane = app.pane
        pane.begin(reply(1, "", end=None))
        for at in range(0, len(TEXT), 40):
            drawn = app.bytes[0]
            pane.feed(content(TEXT[at : at + 40]))
            await until(lambda drawn=drawn: app.bytes[0] > drawn, pilot)  # type: ignore[misc]  # mypy does not infer it
        pane.finish(reply(1, TEXT))
        await until(lambda: not pane.streaming, pilot)
        assert not app.differences
        assert app.bytes[1] < app.bytes[0] / 2


def test_what_is_private_is_still_there() -> None:
    app = App[None]()
    for name in ("_display", "_running", "_closed", "_batch_count", "_driver", "is_headless", "app_resume_signal"):
        assert hasattr(app, name), name
    assert LeanOutput._display.__code__.co_varnames[:3] == App._display.__code__.co_varnames[:3]
