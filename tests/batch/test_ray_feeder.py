"""How requests are handed to actors on Ray."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from minicpm_tui.batch.vllm.process import SCRIPTS


@pytest.fixture
def feeder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The driver's feeder with room for two requests; the script is found as it is when it runs."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    yield importlib.import_module("ray_driver").Feeder(2)
    for name in ("ray_driver", "vllm_worker", "installed_vllm", "wire"):
        sys.modules.pop(name, None)


async def feed(feeder: Any, count: int) -> None:
    for number in range(count):
        await feeder.put(b"%d" % number)
    await feeder.put(None)


async def test_every_request_is_given_once(feeder: Any) -> None:
    feeding = asyncio.create_task(feed(feeder, 10))
    pieces = await asyncio.gather(*(feeder.take(ticket, 3) for ticket in range(6)))
    await feeding
    assert [len(piece) for piece in pieces] == [3, 3, 3, 1, 0, 0]
    assert sorted(int(line) for piece in pieces for line in piece) == list(range(10))


async def test_a_ticket_that_comes_again_gets_its_old_piece(feeder: Any) -> None:
    feeding = asyncio.create_task(feed(feeder, 4))
    first = await feeder.take(0, 2)
    assert await feeder.take(1, 2) == [b"2", b"3"]
    assert await feeder.take(0, 2) == first == [b"0", b"1"]
    await feeder.done(0)
    assert await feeder.take(0, 2) == []
    await feeding
