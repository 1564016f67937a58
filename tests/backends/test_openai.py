"""Streaming from a server that behaves, and from ones that do not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from functools import partial

import httpx2
import pytest

from minicpm_tui.backends.facts import ServerFacts
from minicpm_tui.backends.openai import OpenAIBackend
from minicpm_tui.backends.probe import probe
from minicpm_tui.demo.options import DemoOptions, Faults
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.errors import BackendError
from minicpm_tui.messages import Delta, MemoryBlobs, Notice
from tests.backends.conftest import Opener, end_of, error_of, notices_of, question, reply, text_of
from tests.waiting import until


@pytest.fixture(params=[True, False], ids=["sdk", "plain"])
def connected(request: pytest.FixtureRequest, connected: Opener) -> Opener:
    """Whatever sends the requests, the same comes of them."""
    return partial(connected, sdk=request.param)


OK = b'data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def sse(data: bytes = OK) -> httpx2.Response:
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=data)


async def test_a_reply_streams_with_usage_and_times(server: DemoServer, connected: Opener) -> None:
    async with connected(server) as backend:
        events = await reply(backend, question("count", temperature=0.5))
    end = end_of(events)
    assert text_of(events) == "one two three four five"
    assert (end.finish_reason, end.error) == ("stop", None)
    assert end.usage is not None
    assert end.usage.completion_tokens > 0
    assert end.first_token_seconds is not None
    assert 0 < end.first_token_seconds <= end.seconds
    times = [event.at for event in events if isinstance(event, Delta)]
    assert times == sorted(times)
    assert server.chats[0]["temperature"] == 0.5


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        (Faults(drop_after=2), "The connection broke"),
        (Faults(error_after=2), "server_failed"),
        (Faults(stall_after=2), "stalled"),
        (Faults(engine_dead=True), "start the server again"),
        (Faults(not_an_api=True), "not_a_server"),
        (Faults(status=502), "told to answer so"),
    ],
)
async def test_a_fault_keeps_what_had_arrived_and_says_what_happened(
    server: DemoServer, connected: Opener, faults: Faults, words: str
) -> None:
    async with connected(server, stall_seconds=0.5) as backend:
        server.set_faults(faults)
        events = await reply(backend, question("count"))
    assert words in error_of(events)
    broken = any(value is not None for value in (faults.drop_after, faults.error_after, faults.stall_after))
    assert text_of(events) == ("one two" if broken else "")


async def test_an_event_that_cannot_be_read_is_passed_over_and_said(server: DemoServer, connected: Opener) -> None:
    async with connected(server) as backend:
        server.set_faults(Faults(nonsense_after=2))
        events = await reply(backend, question("count"))
    assert text_of(events) == "one two three four five"
    assert [event.text for event in events if isinstance(event, Notice)] == [
        "A part of the reply could not be read and is missing."
    ]
    assert end_of(events).error is None


async def test_a_server_silent_before_the_first_token_gets_longer_and_is_then_given_up(connected: Opener) -> None:
    with serving(DemoOptions(model="m", tokens_per_second=0, first_token_seconds=2.4, reply="late")) as late:
        async with connected(late, stall_seconds=2) as backend:
            assert text_of(await reply(backend, question("hi"))) == "late"
        async with connected(late, stall_seconds=0.1) as backend:
            assert "stalled" in error_of(await reply(backend, question("hi")))


@pytest.mark.parametrize("faults", [Faults(no_done=True), Faults(comments=True)])
async def test_streams_that_differ_a_little_are_complete(server: DemoServer, connected: Opener, faults: Faults) -> None:
    async with connected(server) as backend:
        server.set_faults(faults)
        assert end_of(await reply(backend, question("count"))).error is None


async def test_a_busy_server_is_asked_again(server: DemoServer, connected: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minicpm_tui.backends.retry.BUSY_WAITS", (0.0, 0.0))
    async with connected(server) as backend:
        server.set_faults(Faults(unavailable=2))
        events = await reply(backend, question("count"))
        assert text_of(events) == "one two three four five"
        assert len(notices_of(events)) == 2
        server.set_faults(Faults(unavailable=9))
        assert "overloaded" in error_of(await reply(backend, question("count")))
    assert len(server.chats) == 6


async def test_leaving_the_stream_frees_the_server(connected: Opener) -> None:
    with serving(DemoOptions(model="m", tokens_per_second=20, reply="word " * 200)) as slow:
        async with connected(slow) as backend:
            async with contextlib.aclosing(backend.stream(question("talk"), MemoryBlobs())) as events:
                async for _event in events:
                    break
            await until(lambda: not slow.running, seconds=5)
        assert slow.finished["abort"] == 1


async def test_nothing_of_the_environment_reaches_the_server(
    server: DemoServer, connected: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_KEY", "ORG_ID", "PROJECT_ID", "ADMIN_KEY"):
        monkeypatch.setenv(f"OPENAI_{name}", "secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.example.org")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Secret: secret")
    async with connected(server) as backend:
        await reply(backend, question("count"))
    assert server.chats
    assert "secret" not in str(server.requests)


async def test_a_server_that_does_not_stream_is_read_as_well(answering: Opener) -> None:
    whole = {
        "choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3},
    }
    async with answering(lambda _request: httpx2.Response(200, json=whole)) as backend:
        events = await reply(backend, question("hi"))
    assert (text_of(events), end_of(events).error) == ("hi", None)


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (httpx2.Response(200, html="<html>Welcome</html>"), "not_a_server"),
        (httpx2.Response(200, json={"hello": "world"}), "not_a_server"),
        (httpx2.Response(302, headers={"location": "/login"}), "not_a_server"),
        (httpx2.Response(401, json={"error": "Unauthorized"}), "authentication"),
        (httpx2.Response(200, headers={"content-type": "text/event-stream"}), "broke off"),
    ],
)
async def test_other_programs_are_recognised(answering: Opener, response: httpx2.Response, words: str) -> None:
    async with answering(lambda _request: response) as backend:
        assert words in error_of(await reply(backend, question("hi")))


async def test_stop_ids_that_a_server_rejects_are_left_out_from_then_on(server: DemoServer, connected: Opener) -> None:
    async with connected(server) as backend:
        server.set_faults(Faults(no_stop_ids=True))
        for _turn in range(2):
            assert end_of(await reply(backend, question("count", stop_token_ids=(1,)))).error is None
    assert ["stop_token_ids" in body for body in server.chats] == [True, False, False]


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine that refuses."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.mark.parametrize("sdk", [True, False])
async def test_a_refused_connection_is_tried_again_and_then_said(
    closed_port: int, monkeypatch: pytest.MonkeyPatch, *, sdk: bool
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("minicpm_tui.backends.retry.REFUSED_WAITS", (0.0, 0.001))
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await real(0)

    monkeypatch.setattr("minicpm_tui.backends.openai.asyncio.sleep", sleep)
    backend = OpenAIBackend(ServerFacts(f"http://127.0.0.1:{closed_port}"), "m", sdk=sdk)
    line = error_of(await reply(backend, question("hi")))
    await backend.aclose()
    assert line.startswith("server_unreachable:")
    assert "minicpm-tui serve" in line
    assert waits == [0.0, 0.001]


async def test_unreachable_servers_are_told_apart(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackendError, match="No such host"):
        await probe("http://no-such-host.invalid:8000")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    with pytest.raises(BackendError, match=rf"through the proxy http://127.0.0.1:{closed_port}.*NO_PROXY"):
        await probe("http://gpu.example.org:8000")


@contextlib.asynccontextmanager
async def tcp(answer: bytes) -> AsyncIterator[str]:
    """A TCP server that sends ``answer`` to everyone and hangs up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100_000)
        writer.write(answer)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with listener:
        yield f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("scheme", "answer", "words"),
    [
        ("http", b"SSH-2.0-OpenSSH_9.6\r\n", "the port is right"),
        ("http", b"-ERR unknown command\r\n\r\n", "does not speak HTTP"),
        ("http", b"", "closed the connection"),
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "http:// instead of https://"),
        ("http", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "lists no models"),
    ],
)
async def test_what_listens_at_a_wrong_port_is_said(scheme: str, answer: bytes, words: str) -> None:
    async with tcp(answer) as address:
        with pytest.raises(BackendError, match=words):
            await probe(f"{scheme}://{address}")


async def test_a_probe_knows_the_server(server: DemoServer) -> None:
    facts = await probe(server.url)
    assert facts.is_vllm
    assert facts.takes_uuids
    assert facts.version == "0.32.0"
    assert facts.models[0].max_model_len == 32768
    assert facts.started


async def test_a_wrong_key_is_said() -> None:
    with serving(DemoOptions(api_key="right")) as guarded:
        with pytest.raises(BackendError, match="not the server's"):
            await probe(guarded.url, "wrong")
        with pytest.raises(BackendError, match="no key was sent"):
            await probe(guarded.url)
