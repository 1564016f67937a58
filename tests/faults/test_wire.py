"""Whatever a server sends, there is one end: the text that came, or one line that says what is wrong."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from minicpm_tui.backends.facts import ModelFacts, ServerFacts
from minicpm_tui.backends.openai import OpenAIBackend
from minicpm_tui.batch.servers.client import Server
from minicpm_tui.errors import ServerFailed
from minicpm_tui.messages import MemoryBlobs, ReplyEvent
from tests.backends.conftest import end_of, question, text_of
from tests.faults.cases import BROKEN, COMPLETE, SPOILT, answer


@asynccontextmanager
async def server(wire: bytes) -> AsyncIterator[str]:
    """The URL of a server that answers ``wire`` to everything."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        await reader.readexactly(length)
        writer.write(wire)
        await writer.drain()
        writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    finally:
        running.close()


async def asked(wire: bytes) -> list[ReplyEvent]:
    """What the program makes of a server that answers ``wire`` to everything, over a real connection."""
    async with server(wire) as url:
        backend = OpenAIBackend(ServerFacts(url, models=(ModelFacts("m"),), started="1"), "m")
        try:
            return [each async for each in backend.stream(question("hi"), MemoryBlobs())]
        finally:
            await backend.aclose()


@pytest.mark.parametrize("name", COMPLETE)
def test_what_is_odd_but_complete_is_an_answer(name: str) -> None:
    events = asyncio.run(asked(COMPLETE[name]))
    assert text_of(events) == "Hello world"
    assert end_of(events).error is None


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_one_line(name: str) -> None:
    error = end_of(asyncio.run(asked(BROKEN[name]))).error
    assert error is not None
    assert error.line().strip()
    assert "\n" not in error.line()


@pytest.mark.parametrize("name", ["short", "plain-short", "bad-size", "error-inside", "error-event"])
def test_what_came_before_it_broke_is_kept(name: str) -> None:
    assert text_of(asyncio.run(asked(BROKEN[name]))) == "Hello"


@pytest.mark.parametrize("name", SPOILT)
def test_spoilt_bytes_never_break_the_program(name: str) -> None:
    end_of(asyncio.run(asked(SPOILT[name])))


@contextmanager
def measured() -> Iterator[Callable[[], int]]:
    """The most bytes that were in use since it began."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_packed_bomb_of_events_is_refused_in_little_memory_by_a_batch() -> None:
    bomb = answer(gzip.compress(b" " * 300_000_000, 1), more="Content-Encoding: gzip\r\n")

    async def asked_by_batch() -> None:
        async with server(bomb) as url:
            client = Server(url)
            try:
                await client.ask(b"{}")
            finally:
                await client.aclose()

    with measured() as peak:
        with pytest.raises(ServerFailed, match=r"16\.0 MB"):
            asyncio.run(asked_by_batch())
        assert peak() < 100_000_000


@pytest.mark.parametrize("status", [200, 400])
def test_a_packed_bomb_is_refused_in_little_memory(status: int) -> None:
    bomb = gzip.compress(b" " * 300_000_000, 1)
    with measured() as peak:
        error = end_of(asyncio.run(asked(answer(bomb, status, "application/json", "Content-Encoding: gzip\r\n")))).error
        assert peak() < 100_000_000
    assert error is not None
    assert "\n" not in error.line()
