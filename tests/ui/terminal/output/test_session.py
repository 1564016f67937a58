"""A conversation that arrives while its reader does what readers do looks the same, frame by frame, and costs less."""

from __future__ import annotations

import random
from typing import Any

import pytest
from rich.color import ColorSystem
from rich.console import Console
from textual._compositor import CompositorUpdate
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Label

from minicpm_tui.ui.terminal.output.surface import Surface
from tests.ui.conversation.host import Host, content, reply, turns
from tests.ui.terminal.output.model import Model
from tests.waiting import until

TEXT = "".join(
    f"## Part {n}\n\nSome **words** of a [paragraph](https://example.com/{n}) that wraps around the end of the line, I think.\n\n"
    f"- item {n}\n- 中文 {n} e\u0301 👩\u200d👧\n\n```python\nx = {n}\n```\n\n"
    for n in range(12)
)


class Twice(Host):
    """Draws every update on two terminals: as Textual has it, and what differs."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.plain, self.lean = Model(80, 24), Model(80, 24)
        self.surface = Surface(ColorSystem.TRUECOLOR, erases=True)
        self.terminal_console = Console(color_system="truecolor", force_terminal=True)
        self.bytes = [0, 0]
        self.differences: list[tuple[str, str]] = []

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        super()._display(screen, renderable)
        if not isinstance(renderable, CompositorUpdate) or self._batch_count:
            return
        if (size := (screen.outer_size.width, screen.outer_size.height)) != (self.plain.columns, self.plain.rows):
            self.plain, self.lean = Model(*size), Model(*size)
        self.surface.resize(*size)
        whole = renderable.render_segments(self.terminal_console)
        self.surface.apply(renderable)
        less = self.surface.frame((0, 0))
        for number, (terminal, text) in enumerate(((self.plain, whole), (self.lean, less))):
            terminal.feed(text)
            self.bytes[number] += len(text)
        if self.plain.seen != self.lean.seen:
            self.differences.append((whole, less))

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield Label("a line below")


async def disturb(app: Twice, pilot: Pilot[None], dice: random.Random) -> None:
    """Something that a user may do while a reply arrives."""
    pane = app.pane
    match dice.randint(0, 18):
        case 0 | 1 | 2 | 3 | 4 | 8 as chosen:
            await pilot.press(*{0: ("pageup",), 1: ("pageup",), 8: ("k", "up", "up")}.get(chosen, ("end",)))
        case 5:
            app.notify("a toast over it", timeout=0.1)
        case 6:
            pane.finder.find("wraps")
        case 7:
            pane.finder.end()
        case 9:
            await app.push_screen(Screen())
            await pilot.pause()
            app.pop_screen()
        case 10:
            pane.text_select_all()
        case 11:
            app.screen.clear_selection()
        case 12:
            await pilot.resize_terminal(dice.randint(50, 90), dice.randint(12, 30))


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
        await until(lambda: any("item 11" in "".join(text for text, _look in row) for row in app.lean.cells), pilot)
        assert not app.differences
        assert app.bytes[1] < app.bytes[0] / 2
