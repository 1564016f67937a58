"""How many requests are under way."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.batch.engine import Answer, Ready
from minicpm_tui.batch.records import Item, Row
from minicpm_tui.batch.servers.client import Server
from minicpm_tui.batch.servers.concurrency import FRONT, LEAST, MOST, START, Pace
from minicpm_tui.batch.servers.engine import ServerEngine
from minicpm_tui.batch.servers.limit import Limit
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving


def settle(capacity: int, front: int = 0, rounds: int = 60) -> Pace:
    """A server that runs ``capacity`` requests and keeps up to ``front`` in its API process."""
    pace = Pace()
    for _round in range(rounds):
        inside = max(0, pace.limit - front)
        pace.observe(min(capacity, inside), max(0, inside - capacity), pace.limit)
    return pace


def test_a_small_server_gets_little_more_than_it_runs() -> None:
    assert 8 <= settle(8).limit <= 16


def test_a_large_server_is_filled() -> None:
    assert settle(256).limit >= 256


def test_a_server_busy_with_pictures_is_not_flooded() -> None:
    assert settle(512, front=10_000).limit <= 2 * FRONT


def test_a_fixed_number_stays() -> None:
    pace = Pace(7)
    pace.observe(1, 100, 7)
    pace.observe(7, 0, 7)
    assert pace.limit == 7


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 600))))
def test_it_stays_within_its_bounds(figures: list[tuple[int, int, int]]) -> None:
    pace = Pace()
    assert pace.limit == START
    for running, waiting, under_way in figures:
        pace.observe(running, waiting, under_way)
        assert LEAST <= pace.limit <= MOST


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (Limit(hungry=40, full=5), "preparing the files on this machine was the limit"),
        (Limit(hungry=2, full=40), ""),
        (Limit(hungry=4, full=5), ""),
    ],
)
def test_what_held_a_run_up(limit: Limit, said: str) -> None:
    assert limit.words().startswith(said)
    assert bool(limit.words()) == bool(said)


@pytest.mark.parametrize(
    ("figures", "fixed", "said"),
    [
        ((32, 9, 48), False, "the GPU was the limit"),
        ((4, 0, 60), False, "the server's preparing"),
        ((4, 0, 4), True, "--concurrency was the limit"),
        ((30, 0, 40), False, ""),
    ],
)
def test_what_held_the_servers_up(figures: tuple[int, int, int], *, fixed: bool, said: str) -> None:
    limit = Limit(fixed=fixed, hungry=1, full=60)
    for _look in range(10):
        limit.look(*figures)
    assert limit.words().startswith(said)
    assert bool(limit.words()) == bool(said)


async def test_waiting_for_files_and_for_servers_is_told_apart() -> None:
    with serving(DemoOptions(tokens_per_second=0, reply="Yes.", first_token_seconds=0.05)) as server:
        slow = ServerEngine([Server(server.url)], concurrency=1)
        inbox: asyncio.Queue[Ready | None] = asyncio.Queue()
        answers: asyncio.Queue[Answer | None] = asyncio.Queue()
        body = b'{"model": "%s", "messages": [{"role": "user", "content": "hello"}]}' % DemoOptions().model.encode()
        for number in range(10):
            inbox.put_nowait(Ready(Item(f"r{number}", number, "hello", Row(f"r{number}")), body))
        inbox.put_nowait(None)
        await slow.run(inbox, answers)
        assert slow.limit.full > 10 * slow.limit.hungry
        await slow.aclose()
