"""Servers that fail, are busy, die and come back."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from minicpm_tui.batch.engine import Answer, Ready
from minicpm_tui.batch.records import Item, Row
from minicpm_tui.batch.servers import engine as through_servers
from minicpm_tui.batch.servers.balancer import Balancer, Seat
from minicpm_tui.batch.servers.client import Server
from minicpm_tui.batch.servers.concurrency import START, Pace
from minicpm_tui.batch.servers.engine import ServerEngine
from minicpm_tui.demo.options import DemoOptions, Faults
from minicpm_tui.demo.testing import serving
from minicpm_tui.errors import AuthenticationFailed, BatchError, ServerUnreachable
from tests.ports import kept_port
from tests.waiting import SECONDS, wait_for

QUICK = DemoOptions(tokens_per_second=0, reply="A picture.")
BODY = b'{"model": "%s", "messages": [{"role": "user", "content": "hello"}]}' % QUICK.model.encode()


def ready(count: int) -> list[Ready]:
    return [Ready(Item(f"r{number}", number, "hello", Row(f"r{number}")), BODY) for number in range(count)]


async def ask(engine: ServerEngine, requests: list[Ready]) -> list[Answer]:
    """All answers, each id once."""
    inbox: asyncio.Queue[Ready | None] = asyncio.Queue()
    answers: asyncio.Queue[Answer | None] = asyncio.Queue()
    for request in [*requests, None]:
        inbox.put_nowait(request)
    try:
        await engine.run(inbox, answers)
    finally:
        await engine.aclose()
    found = [answer for answer in (answers.get_nowait() for _number in range(answers.qsize())) if answer]
    assert len({answer.item.id for answer in found}) == len(found)
    return found


def failed(answers: list[Answer]) -> list[str]:
    return [answer.error for answer in answers if answer.error]


@contextmanager
def later(condition: Callable[[], bool], action: Callable[[], None]) -> Iterator[None]:
    """Do ``action`` from a thread as soon as ``condition`` holds."""

    def wait() -> None:
        wait_for(condition)
        action()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    yield
    thread.join(10)
    assert not thread.is_alive()


async def test_the_load_is_spread() -> None:
    with serving(QUICK) as one, serving(QUICK) as two:
        answers = await ask(ServerEngine([Server(one.url), Server(two.url)], concurrency=8), ready(60))
        shares = len(one.chats), len(two.chats)
    assert not failed(answers)
    assert sum(shares) == 60
    assert min(shares) >= 15


async def test_a_busy_server_is_asked_again() -> None:
    with serving(QUICK) as server:
        server.set_faults(Faults(unavailable=7))
        answers = await ask(ServerEngine([Server(server.url)]), ready(20))
    assert len(answers) == 20
    assert not failed(answers)


async def test_a_broken_answer_is_asked_again_but_not_for_ever() -> None:
    with serving(QUICK) as server:
        server.set_faults(Faults(status=500))
        answers = await ask(ServerEngine([Server(server.url)]), ready(4))
        assert len(server.chats) == 12
    assert len(failed(answers)) == 4


async def test_what_one_server_breaks_another_answers() -> None:
    with serving(QUICK) as healthy, serving(DemoOptions(tokens_per_second=0, faults=Faults(status=500))) as broken:
        answers = await ask(ServerEngine([Server(broken.url), Server(healthy.url)], concurrency=4), ready(40))
        assert broken.chats
    assert len(answers) == 40
    assert not failed(answers)


async def test_when_one_dies_the_others_do_its_work() -> None:
    with serving(QUICK) as healthy, serving(DemoOptions(tokens_per_second=0, faults=Faults(engine_dead=True))) as dead:
        answers = await ask(ServerEngine([Server(healthy.url), Server(dead.url)]), ready(80))
        assert len(healthy.chats) == 80
    assert len(answers) == 80
    assert not failed(answers)


async def test_one_that_is_gone_is_found_when_it_is_back() -> None:
    with serving(QUICK) as server:
        server.set_faults(Faults(engine_dead=True))
        with later(lambda: len(server.requests) > 3, lambda: server.set_faults(Faults())):
            answers = await ask(ServerEngine([Server(server.url)]), ready(20))
    assert len(answers) == 20
    assert not failed(answers)


class Hanging:
    """A server that says it is well and never answers a question, until ``stop``: then it ends as vLLM does after SIGTERM.

    vLLM listens no more, closes connections on which nothing is asked, and leaves the others as they are.
    """

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.watched = asyncio.Event()
        self.url = ""
        self._listener: asyncio.Server | None = None
        self._idle: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        assert self._listener is not None
        self._listener.close()
        for writer in self._idle:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._idle.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                if head.startswith(b"POST"):
                    self._idle.discard(writer)
                    self.asked.set()
                    await asyncio.Event().wait()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                self.watched.set()


async def test_requests_that_hang_on_a_dead_server_are_asked_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(through_servers, "POLL_SECONDS", 0.05)
    hanging = Hanging()
    await hanging.start()
    with serving(QUICK) as healthy:
        engine = ServerEngine([Server(hanging.url), Server(healthy.url)], concurrency=4)
        asking = asyncio.create_task(ask(engine, ready(30)))
        await asyncio.wait_for(hanging.asked.wait(), SECONDS)
        await asyncio.wait_for(hanging.watched.wait(), SECONDS)
        hanging.stop()
        answers = await asyncio.wait_for(asking, SECONDS)
    assert len(answers) == 30
    assert not failed(answers)


async def test_with_no_server_left_the_run_ends() -> None:
    with kept_port() as port, pytest.raises(BaseExceptionGroup) as caught:
        await ask(ServerEngine([Server(f"http://127.0.0.1:{port}")], patience=0.3), ready(5))
    assert all(isinstance(error, BatchError) and "--resume" in str(error) for error in caught.value.exceptions)


async def test_with_one_server_that_never_was_up_and_one_that_dies_the_run_ends() -> None:
    with kept_port() as port, kept_port() as other:
        dead, never = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}"
        engine = ServerEngine([Server(dead), Server(never)], patience=0.3, down={never: ServerUnreachable(never)})
        with pytest.raises(BaseExceptionGroup) as caught:
            await asyncio.wait_for(ask(engine, ready(5)), SECONDS)
    assert all(isinstance(error, BatchError) for error in caught.value.exceptions)


async def test_a_refused_key_ends_the_run() -> None:
    with serving(DemoOptions(tokens_per_second=0, api_key="secret")) as server, pytest.raises(BaseExceptionGroup) as caught:
        await ask(ServerEngine([Server(server.url, "wrong")]), ready(5))
    assert any(isinstance(error, AuthenticationFailed) for error in caught.value.exceptions)


async def test_more_is_sent_to_a_server_that_takes_more() -> None:
    seen = [0]
    with serving(DemoOptions(tokens_per_second=200, reply="word " * 100)) as server:

        def look() -> bool:
            seen.append(server.running)
            return len(server.chats) >= 200

        with later(look, lambda: None):
            answers = await ask(ServerEngine([Server(server.url)]), ready(200))
    assert max(seen) > START
    assert not failed(answers)


def test_that_no_server_answers_is_known_at_once() -> None:
    first, second = (Seat(name, Pace(2)) for name in ("one", "two"))
    balancer = Balancer((first, second), patience=60)
    assert not balancer.trouble
    first.lost(ServerUnreachable("one is gone"), 0.0)
    assert not balancer.trouble
    second.lost(ServerUnreachable("two is gone"), 0.0)
    assert "one is gone" in balancer.trouble
    second.back()
    second.succeeded()
    assert not balancer.trouble
