"""A backend that plays recorded replies with their own timing. It needs no server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence

from minicpm_tui.messages import BlobReader, End, ReplyEvent
from minicpm_tui.messages.request import ChatRequest


class ReplayClock:
    """Seconds of a recording, which can be paused, sped up and moved. ``speed`` 0 plays everything at once.

    ``moves`` counts how often it was moved.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._paused = False
        self._at = 0.0
        self._since = time.monotonic()
        self._changed = asyncio.Event()
        self.moves = 0

    @property
    def now(self) -> float:
        """Where the recording stands."""
        return self._at if self._paused else self._at + (time.monotonic() - self._since) * self._speed

    @property
    def paused(self) -> bool:
        """True from ``pause`` to ``resume``."""
        return self._paused

    @property
    def speed(self) -> float:
        """Seconds of the recording that pass in one second; 0 for all at once."""
        return self._speed

    def pause(self) -> None:
        """Stand still where the recording is now."""
        self._settle()
        self._paused = True
        self._wake()

    def resume(self) -> None:
        """Go on from where the recording stands."""
        self._settle()
        self._paused = False
        self._wake()

    def set_speed(self, speed: float) -> None:
        """``speed`` recorded seconds a second."""
        self._settle()
        self._speed = speed
        self._wake()

    def move(self, at: float) -> None:
        """Go to ``at``; whoever waits is told that the recording has moved."""
        self._at, self._since = max(at, 0.0), time.monotonic()
        self.moves += 1
        self._wake()

    async def until(self, at: float) -> bool:
        """Wait for ``at``; False when the recording was moved meanwhile."""
        moves = self.moves
        while self.moves == moves:
            left = at - self.now
            if left <= 0:
                return True
            if self._speed <= 0 and not self._paused:
                self._at = at
                return True
            self._changed.clear()
            try:
                async with asyncio.timeout(None if self._paused else left / self._speed):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return False

    def _settle(self) -> None:
        self._at, self._since = self.now, time.monotonic()

    def _wake(self) -> None:
        self._changed.set()


Recording = Sequence[tuple[float, ReplyEvent]]
"""A reply: its events and when each happens on the clock, in seconds."""


class RecordedBackend:
    """Streams one recording after another, whatever it is asked.

    Args:
        recordings: the replies in the order in which they are asked for.
        clock: the time they follow.
    """

    def __init__(self, recordings: Sequence[Recording], clock: ReplayClock) -> None:
        self._recordings = recordings
        self._clock = clock
        self._next = 0
        self._skip = 0

    def cue(self, reply: int, skip: int = 0) -> None:
        """The next stream plays ``reply`` (from 0) without its first ``skip`` events."""
        self._next, self._skip = reply, skip

    async def stream(self, request: ChatRequest, blobs: BlobReader) -> AsyncGenerator[ReplyEvent, None]:
        """The next recording. One that was cut off ends with an empty ``End``; none comes when the clock is moved."""
        recording, self._next = self._recordings[self._next][self._skip :], self._next + 1
        self._skip = 0
        ended = False
        for at, event in recording:
            if not await self._clock.until(at):
                return
            ended = isinstance(event, End)
            yield event
        if not ended:
            yield End()

    async def warm(self) -> None:
        """Nothing has to be got ready."""

    async def aclose(self) -> None:
        """Nothing is held."""
