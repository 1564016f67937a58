"""When to draw what has arrived: often enough to look immediate, seldom enough to cost little."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

INTERVAL = 0.09
"""Seconds between two drawings of a reply, at least: less than between two reads of the connection, so that what a read brings is
drawn at once."""

SHARE = 3
"""… and so many times what the last one took."""

PAUSE = 0.005
"""Seconds left to keys and screen between two parts of a long backlog."""


class Pacer:
    """Calls ``advance`` soon after ``wake``, never too often. ``advance`` returns True when it wants to be called again."""

    def __init__(self, advance: Callable[[], bool]) -> None:
        self._advance = advance
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0
        self._cost = 0.0
        self._drawn = 0.0

    @property
    def due(self) -> bool:
        """In the middle of a backlog: is it time to draw again? Saying yes counts as drawing."""
        now = monotonic()
        if now - self._drawn < 2 * INTERVAL:
            return False
        self._drawn = now
        return True

    def wake(self) -> None:
        """There is something to show."""
        if self._timer is None:
            wait = max(INTERVAL, SHARE * self._cost) - (monotonic() - self._last)
            self._timer = asyncio.get_running_loop().call_later(max(0.0, wait), self._run)

    def now(self) -> None:
        """Show it at once."""
        self.stop()
        self._run()

    def stop(self) -> None:
        """Show nothing more until the next ``wake``."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        self._timer = None
        begin = monotonic()
        more = self._advance()
        self._last = monotonic()
        self._cost = self._last - begin
        if more:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._run)
