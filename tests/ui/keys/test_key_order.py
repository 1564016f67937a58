"""One key after another, but none for ever."""

from __future__ import annotations

import asyncio
import time
from contextvars import Context
from typing import ClassVar

import pytest
from textual import work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.events import Key, MouseMove
from textual.screen import ModalScreen
from textual.widgets import Input

from minicpm_tui.ui.terminal.key_order import LONGEST, KeyOrder
from tests.waiting import until


class Window(ModalScreen[str]):
    def compose(self) -> ComposeResult:
        yield Input()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class Host(KeyOrder, App[None]):
    """A field, and keys that start what takes its time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("ctrl+o", "open"),
        ("ctrl+l", "linger"),
        ("ctrl+b", "background"),
        ("ctrl+t", "slow"),
    ]
    answer = ""
    group = "reply"

    def compose(self) -> ComposeResult:
        yield Input(id="field")

    @property
    def text(self) -> str:
        return self.screen_stack[0].query_one("#field", Input).value

    def type(self, *keys: str) -> None:
        """All at once, of no sender, as the thread has none that reads the terminal."""
        for key in keys:
            self.post_message(Context().run(Key, key, key if len(key) == 1 else None))

    @work(group="window")
    async def action_open(self) -> None:
        await asyncio.to_thread(lambda: None)
        self.answer = await self.push_screen_wait(Window())

    @work(group="window")
    async def action_linger(self) -> None:
        await asyncio.Event().wait()

    def action_background(self) -> None:
        self.run_worker(asyncio.Event().wait(), group=self.group)

    @work(group="window")
    async def action_slow(self) -> None:
        await asyncio.sleep(LONGEST / 10)
        self.query_one("#field", Input).insert_text_at_cursor("-")


async def test_a_window_takes_the_keys_that_follow_the_one_that_opens_it() -> None:
    app = Host()
    async with app.run_test() as pilot:
        app.type("a", "ctrl+o", "b", "c", "backspace", "d", "enter", "e")
        await until(lambda: app.answer, pilot)
        await until(lambda: len(app.text) == 2, pilot)
        assert (app.answer, app.text) == ("bd", "ae")


async def test_the_next_key_waits_for_the_work_that_a_key_began() -> None:
    app = Host()
    async with app.run_test() as pilot:
        app.type("a", "ctrl+t", "b")
        await until(lambda: len(app.text) == 3, pilot)
        assert app.text == "a-b"


async def test_work_that_never_ends_holds_up_one_key_and_not_for_long() -> None:
    app = Host()
    async with app.run_test() as pilot:
        loop = asyncio.get_running_loop()
        began = loop.time()
        app.type("a", "ctrl+l", "b", "c", "left", "d")
        await until(lambda: app.text == "abdc", pilot)
        assert LONGEST <= loop.time() - began < 10 * LONGEST


@pytest.mark.parametrize("group", ["reply", "presence", "fit"])
async def test_no_key_waits_for_a_reply_nor_for_a_look_at_the_server(group: str) -> None:
    app = Host()
    app.group = group
    async with app.run_test() as pilot:
        loop = asyncio.get_running_loop()
        began = loop.time()
        app.type("a", "ctrl+b", "b")
        await until(lambda: app.text == "ab", pilot)
        assert loop.time() - began < LONGEST


class Halting(Vertical):
    """The machine stands still while a key is on its way: another program has the processor, or the disk is busy."""

    def on_key(self, event: Key) -> None:
        if event.key == "ctrl+w":
            time.sleep(LONGEST + 0.2)


class HaltingHost(Host):
    """The field lies deep: a key that is bound comes a long way up."""

    def compose(self) -> ComposeResult:
        with Vertical(), Vertical(), Vertical(), Vertical(), Halting():
            yield Input(id="field")


async def test_a_machine_that_stands_still_does_not_change_the_order() -> None:
    app = HaltingHost()
    async with app.run_test() as pilot:
        app.type(*"one", "ctrl+w", *"two")
        await until(lambda: app.text.endswith("o"), pilot)
        await pilot.pause()
        assert app.text == "two"


class Reflecting(Vertical):
    """Something here waits for a thread at every change of the text: what comes up meanwhile lies in its queue."""

    async def on_input_changed(self) -> None:
        await asyncio.to_thread(time.sleep, LONGEST / 10)


class ReflectingHost(Host):
    def compose(self) -> ComposeResult:
        with Reflecting():
            yield Input(id="field")


async def test_a_key_on_its_way_up_is_not_overtaken() -> None:
    app = ReflectingHost()
    async with app.run_test() as pilot:
        app.type(*"two", "home", *"one")
        await until(lambda: len(app.text) == 6, pilot)
        assert app.text == "onetwo"


class Slow(Vertical):
    """What passes through here comes late."""

    DEFAULT_CSS = "Slow { height: 3; }"

    async def on_mouse_move(self) -> None:
        await asyncio.to_thread(time.sleep, LONGEST / 20)


class MousedHost(Host):
    BINDINGS: ClassVar[list[BindingType]] = [("ctrl+g", "pause")]

    def compose(self) -> ComposeResult:
        yield Slow()
        yield Input(id="field")

    async def action_pause(self) -> None:
        """Meanwhile the mouse's move arrives here: it is what the app hears of next."""
        await asyncio.to_thread(time.sleep, LONGEST / 10)


async def test_a_mouse_that_moves_meanwhile_holds_no_key_up() -> None:
    app = MousedHost()
    async with app.run_test() as pilot:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for key in "abc":
            app.post_message(MouseMove(None, 1, 1, 0, 0, 0, shift=False, meta=False, ctrl=False, screen_x=1, screen_y=1))
            app.type("ctrl+g", key)
        await until(lambda: app.text == "abc", pilot)
        assert loop.time() - began < 2 * LONGEST
