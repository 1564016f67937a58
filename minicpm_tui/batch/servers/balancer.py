"""Spreads requests over servers by load, and waits where none can take one."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

from msgspec.structs import replace

from minicpm_tui.batch.servers.concurrency import Pace
from minicpm_tui.errors import BackendError, BatchError, ServerOverloaded
from minicpm_tui.i18n import _
from minicpm_tui.text import format_duration

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 15.0
SHORT_REST = 5.0


class Seat:
    """One server's place in the balancer: what is under way there and whether it takes more.

    ``failing_since`` (monotonic seconds) is None while it answers. A busy server rests until ``resting_until`` and is then
    tried with one request; one that is ``down`` gets none until whoever watches it says that it is back.
    """

    def __init__(self, name: str, pace: Pace) -> None:
        self.name = name
        self.pace = pace
        self.under_way = 0
        self.failing_since: float | None = None
        self.resting_until = 0.0
        self.down = False
        self.last_error: BackendError | None = None
        self._pause = FIRST_PAUSE

    @property
    def load(self) -> float:
        """1.0: as much as it should have."""
        return self.under_way / max(1, self.pace.limit)

    def succeeded(self) -> None:
        """It has answered."""
        self.failing_since = None
        self.down = False
        self.resting_until = 0.0
        self._pause = FIRST_PAUSE

    def busy(self, error: BackendError, now: float) -> None:
        """Leave it alone for a while, longer each time, never exactly as long as others do; at least as long as it asks for."""
        self._failing(error, now)
        if now >= self.resting_until:  # many requests that are refused together are one refusal
            self.resting_until = now + self._pause * random.uniform(0.75, 1.25)
            self._pause = min(LONGEST_PAUSE, self._pause * 2)
        if isinstance(error, ServerOverloaded):
            self.resting_until = max(self.resting_until, now + error.rest_seconds)

    def lost(self, error: BackendError, now: float) -> None:
        """It is gone, or its engine is: no request may go there."""
        self._failing(error, now)
        self.down = True

    def back(self) -> None:
        """It says that it is well: one request may try. Only an answer ends its failing."""
        self.down = False

    def _failing(self, error: BackendError, now: float) -> None:
        self.last_error = error
        if self.failing_since is None:
            self.failing_since = now


class Balancer:
    """Hands out seats, least loaded first.

    Args:
        patience: seconds for which no server at all may answer before the run is given up.
        most: requests under way at all servers together; None: each server's own limit alone.
    """

    def __init__(self, seats: Sequence[Seat], *, patience: float, most: int | None = None) -> None:
        self.seats = tuple(seats)
        self._patience = patience
        self._most = most
        self._waiters: set[asyncio.Future[None]] = set()

    @property
    def under_way(self) -> int:
        """Requests that wait for an answer, of all servers together."""
        return sum(seat.under_way for seat in self.seats)

    @property
    def failing(self) -> bool:
        """Whether some server that takes requests has failed and not answered since."""
        return any(seat.failing_since is not None and not seat.down for seat in self.seats)

    @property
    def trouble(self) -> str:
        """Why no server takes a request and for how long they are tried yet, where that is more than a short rest; else empty."""
        now = time.monotonic()
        since = [
            seat.failing_since
            for seat in self.seats
            if seat.failing_since is not None and (seat.down or now - seat.failing_since > SHORT_REST)
        ]
        if len(since) < len(self.seats):
            return ""
        reason = next((_bare(seat.last_error) for seat in self.seats if seat.last_error is not None), "")
        left = format_duration(max(0.0, self._patience - (now - max(since))))
        return _("{reason}; tried for {time} more").format(reason=reason, time=left)

    async def acquire(self, *, but: Seat | None = None) -> Seat:
        """A seat for one request; ``release`` it. Waits for one; raises BatchError when all servers are gone for good.

        It is not ``but``, where the request has just failed, while any other server is up.
        """
        while True:
            now = time.monotonic()
            if (seat := self._free(now, but)) is not None:
                seat.under_way += 1
                return seat
            self._give_up(now)
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await asyncio.wait((waiter,), timeout=self._next_look(now))
            finally:
                self._waiters.discard(waiter)

    def release(self, seat: Seat) -> None:
        """The request at ``seat`` is over."""
        seat.under_way -= 1
        self.wake()

    def wake(self) -> None:
        """Limits or servers have changed: those who wait look again."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _free(self, now: float, but: Seat | None) -> Seat | None:
        if self._most is not None and self.under_way >= self._most:
            return None
        up = [seat for seat in self.seats if not seat.down]
        allowed = [seat for seat in up if seat is not but] or up
        free = [seat for seat in allowed if seat.resting_until <= now and seat.under_way < self._room(seat)]
        return min(free, key=lambda seat: seat.load, default=None)

    @staticmethod
    def _room(seat: Seat) -> int:
        """A server that has failed is tried with a single request."""
        return seat.pace.limit if seat.failing_since is None else 1

    def _next_look(self, now: float) -> float:
        resting = [seat.resting_until - now for seat in self.seats if seat.resting_until > now]
        return max(0.01, min(resting, default=1.0))

    def _give_up(self, now: float) -> None:
        since = [seat.failing_since for seat in self.seats]
        if any(moment is None or now - moment < self._patience for moment in since):
            return
        reason = next((seat.last_error for seat in self.seats if seat.last_error is not None), None)
        raise BatchError(
            _("no server has answered for {seconds} s: {reason}").format(seconds=round(self._patience), reason=reason or ""),
            hint=_("the answers so far are saved: when a server is up again, --resume continues"),
        )


def _bare(error: BackendError) -> str:
    """Without what to do: it is tried again anyway, and a line that moves has to be short."""
    return replace(error.info, hint="").line()
