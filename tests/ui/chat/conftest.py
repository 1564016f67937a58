"""The whole app against a demo server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from textual.pilot import Pilot

from minicpm_tui.config import load
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.messages import Tree
from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.kit.start_options import Launch
from tests.waiting import until

Condition = Callable[[], bool]


class Driver:
    """The app under a Pilot, and the waiting that tests need."""

    def __init__(self, app: MinicpmApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot
        self.talk = app.chat.talk
        self.model = app.chat.model

    async def until(self, condition: Condition, seconds: float = 20.0) -> None:
        """Wait for ``condition``; fails with its name when it does not come."""
        await until(condition, self.pilot, seconds=seconds)

    async def connected(self) -> None:
        await self.until(lambda: self.model.session is not None)

    async def write(self, text: str) -> None:
        self.talk.composer.write(text)
        await self.pilot.pause()

    async def ask(self, text: str) -> None:
        """Send ``text`` and wait for the whole reply."""
        turns = len(self.path)
        await self.write(text)
        await self.pilot.press("enter")
        await self.until(lambda: len(self.path) >= turns + 2 and not self.talk.running)

    @property
    def tree(self) -> Tree:
        return self.model.journal.tree if self.model.journal else Tree()

    @property
    def path(self) -> tuple[Any, ...]:
        return self.tree.path()

    @property
    def said(self) -> str:
        """Every notice that shows."""
        return "\n".join(notice.message for notice in self.app._notifications)


Opener = Callable[..., AbstractAsyncContextManager[Driver]]


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with serving(DemoOptions(tokens_per_second=0)) as running:
        yield running


@pytest.fixture
def slow_server() -> Iterator[DemoServer]:
    with serving(DemoOptions(tokens_per_second=20, reply="word " * 400)) as running:
        yield running


@asynccontextmanager
async def open_app(
    *, size: tuple[int, int] = (120, 40), session: str = "", resume: bool = False, **flags: Any
) -> AsyncIterator[Driver]:
    """The app with these flags, once its conversation shows."""
    app = MinicpmApp(Launch(load(flags), session=session, resume=resume))
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: driver.talk.furnished and driver.model.journal is not None)
        yield driver
        await app.chat.model.close()


@pytest.fixture
def opened() -> Opener:
    """``async with opened(url=…, size=(120, 40)) as driver``."""
    return open_app


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red cat.png"
    Image.new("RGB", (320, 240), "red").save(path)
    return path
