"""A server that is too busy says how long it wants to be left alone."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate

import httpx2
import pytest

from minicpm_tui.batch.servers.balancer import Seat
from minicpm_tui.batch.servers.client import Server, seconds_of
from minicpm_tui.batch.servers.concurrency import Pace
from minicpm_tui.errors import ServerOverloaded


def refused(headers: dict[str, str]) -> ServerOverloaded:
    """What comes of a 429 with these headers."""

    async def ask() -> None:
        transport = httpx2.MockTransport(lambda _request: httpx2.Response(429, headers=headers, json={"error": "later"}))
        server = Server("http://gateway.test", "", transport=transport)
        try:
            await server.ask(b"{}")
        finally:
            await server.aclose()

    with pytest.raises(ServerOverloaded) as caught:
        asyncio.run(ask())
    return caught.value


def test_a_busy_server_is_left_alone_as_long_as_it_asks() -> None:
    seat = Seat("one", Pace(2))
    seat.busy(refused({"retry-after": "30"}), 100.0)
    assert seat.resting_until >= 130.0
    silent = Seat("two", Pace(2))
    silent.busy(refused({}), 100.0)
    assert silent.resting_until < 101.0


def test_seconds_and_dates_are_understood_and_nothing_else() -> None:
    assert seconds_of("7") == 7.0
    assert 50.0 < seconds_of(formatdate(time.time() + 60, usegmt=True)) <= 61.0
    assert seconds_of(formatdate(time.time() - 60, usegmt=True)) == 0.0
    for odd in ("", "soon", "-3", "1e400", "²", "Fri, 99 Nov 2026 99:99:99 GMT"):
        assert seconds_of(odd) == 0.0
