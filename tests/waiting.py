"""Waiting for something to come about: no test sleeps for a time that it hopes is long enough."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from textual.css.query import NoMatches
from textual.pilot import Pilot

SECONDS = 30.0
Condition = Callable[[], object]


def wait_for(condition: Condition, seconds: float = SECONDS) -> None:
    """Return once ``condition`` holds; fails when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never came: {condition}"
        time.sleep(0.01)


async def until(condition: Condition, pilot: Pilot[Any] | None = None, *, seconds: float = SECONDS) -> None:
    """The same while the event loop goes on, and the app that ``pilot`` drives. A widget that is not there yet may come."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(NoMatches):
            if condition():
                return
        assert time.monotonic() < deadline, f"never came: {condition}"
        await (pilot.pause() if pilot is not None else asyncio.sleep(0))
        await asyncio.sleep(0.01)
