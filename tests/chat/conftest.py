"""A demo server, and sessions that talk with it."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from minicpm_tui.chat.connect import Target, connect
from minicpm_tui.chat.events import Asked, ChatEvent
from minicpm_tui.chat.options import options_for
from minicpm_tui.chat.session import ChatSession
from minicpm_tui.config import load
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.messages import Delta, End, Notice
from minicpm_tui.sessions import Journal

Opener = Callable[..., AbstractAsyncContextManager[ChatSession]]


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with serving(DemoOptions(tokens_per_second=0)) as running:
        yield running


@pytest.fixture
def talking() -> Opener:
    """``async with talking(server, journal=…, temperature=…) as session``."""

    @asynccontextmanager
    async def open_session(server: DemoServer, journal: Journal | None = None, **flags: Any) -> AsyncIterator[ChatSession]:
        config = load(flags)
        connection = await connect(config, target=Target(server.url, key=server.key))
        own = journal or Journal.create()
        session = ChatSession(own, connection, options_for(config, own.settings, connection.model))
        try:
            yield session
        finally:
            await session.aclose()
            await connection.aclose()

    return open_session


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (320, 240), "red").save(path)
    return path


def noisy_png(width: int, height: int) -> bytes:
    """A picture that compresses badly, as photos do."""
    buffer = io.BytesIO()
    Image.effect_noise((width, height), 80).save(buffer, "PNG")
    return buffer.getvalue()


class Heard:
    """Everything that an iterator of events brought."""

    def __init__(self) -> None:
        self.events: list[ChatEvent] = []

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Delta) and event.kind == "content")

    @property
    def reasoning(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Delta) and event.kind == "reasoning")

    @property
    def notices(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Notice)]

    @property
    def end(self) -> End:
        end = self.events[-1]
        assert isinstance(end, End)
        return end

    @property
    def asked(self) -> Asked:
        return next(event for event in self.events if isinstance(event, Asked))


async def hear(events: AsyncGenerator[ChatEvent, None]) -> Heard:
    heard = Heard()
    async for event in events:
        heard.events.append(event)
    return heard
