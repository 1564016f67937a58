"""Asking fewer widgets for fewer lines draws the same."""

from __future__ import annotations

import io
import random
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest
from rich.console import Console
from textual._compositor import ChopsUpdate, Compositor
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Label, TextArea

from minicpm_tui.ui.terminal.output.narrow import LeanScreen, NarrowCompositor
from tests.waiting import until

_IDLE_MOVE = re.compile(r"\x1b\[\d+;\d+H(?=\n|$)")
"""The cursor is sent where nothing is written then."""


class Both(NarrowCompositor):
    """Draws every update in both ways and remembers where they differ."""

    narrow = True

    def __init__(self) -> None:
        super().__init__()
        self.console = Console(file=io.StringIO(), color_system="truecolor", force_terminal=True)
        self.updates = 0
        self.asked: list[Region] = []
        self.differences: list[str] = []

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        own = super()._get_renders(crop) if self.narrow else Compositor._get_renders(self, crop)
        for render in own:
            self.asked.append(render[0])
            yield render

    def render_partial_update(self) -> ChopsUpdate | None:
        dirty = self._dirty_regions.copy()
        super().render_partial_update()  # widgets take in what is new when they are first asked
        drawn: list[str] = []
        for self.narrow in (False, True):
            self.asked.clear()
            self._dirty_regions = dirty.copy()
            update = super().render_partial_update()
            if update is not None:
                drawn.append(_IDLE_MOVE.sub("", update.render_segments(self.console)))
        self.updates += bool(drawn)
        if len(set(drawn)) > 1:
            self.differences.append("\n".join(drawn))
        return update


class Crowd(LeanScreen[None]):
    """Widgets side by side, in one another, over one another, cut off by what they are in."""

    CSS = """
    Crowd { layers: base over; }
    #over { layer: over; offset: 8 2; width: 20; height: 4; background: $primary 50%; border: round red; }
    .cut { height: 3; width: 1fr; overflow-x: scroll; overflow-y: hidden; }
    .cut Label { width: 60; height: 5; }
    TextArea { height: 4; }
    #bar { dock: bottom; height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._compositor = self.both = Both()

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical():
                yield Label("one\ntwo\nthree")
                with Vertical(classes="cut"):
                    yield Label("long " * 30)
                yield TextArea("what is written")
            with Vertical():
                yield Label("right " * 10)
        yield Label("over it", id="over")
        yield Label("the bar", id="bar")


@asynccontextmanager
async def crowd() -> AsyncIterator[tuple[Crowd, Pilot[None]]]:
    """Such a screen of an app that runs."""
    app = App[None]()
    async with app.run_test(size=(60, 20)) as pilot:
        screen = Crowd()
        await app.push_screen(screen)
        yield screen, pilot


@pytest.mark.parametrize("seed", range(3))
async def test_the_screen_is_the_same(seed: int) -> None:
    dice = random.Random(seed)
    async with crowd() as (screen, pilot):
        widgets = [*screen.query(Widget), screen]
        for step in range(60):
            for widget in dice.sample(widgets, 2):
                width, height = max(1, widget.size.width), max(1, widget.size.height)
                x, y = dice.randrange(width), dice.randrange(height)
                widget.refresh(Region(x, y, dice.randint(1, width - x), dice.randint(1, height - y)))
            dice.choice(list(screen.query(Label))).update(f"changed {step}\n{'x' * dice.randrange(70)}")
            await pilot.pause()
        both = screen.both
        assert both.updates > 10
        assert not both.differences


async def test_a_widget_is_asked_alone_for_what_changed() -> None:
    async with crowd() as (screen, pilot):
        await pilot.pause()
        writing = screen.query_one(TextArea)
        writing.refresh(Region(2, 1, 10, 2))
        await pilot.pause()
        (asked,) = screen.both.asked
        assert writing.region.contains_region(asked)
        assert asked.height == 2


async def test_what_lies_between_two_that_changed_is_not_asked() -> None:
    async with crowd() as (screen, pilot):
        await pilot.pause()
        above, below = screen.query(Label).first(), screen.query_one("#bar")
        screen.both.asked.clear()
        above.refresh(Region(0, 0, 3, 1))
        below.refresh()
        await until(lambda: bool(screen.both.asked), pilot)
        writing = screen.query_one(TextArea).region
        assert not [asked for asked in screen.both.asked if writing.contains_region(asked)]


def test_what_is_private_is_still_there() -> None:
    assert isinstance(Screen[None]()._compositor, Compositor)
    assert Compositor._get_renders.__code__.co_varnames[:2] == ("self", "crop")
    assert hasattr(Widget, "BLANK")
