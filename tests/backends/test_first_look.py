"""The first look at a server goes without the HTTP client; whatever is unclear to it is told as the client tells it."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from minicpm_tui.backends import plain_http, probe
from minicpm_tui.backends.facts import ModelFacts, ServerFacts
from minicpm_tui.errors import MinicpmTuiError

MODELS = json.dumps({"data": [{"id": "m", "root": "openbmb/MiniCPM-V-2_6", "max_model_len": 8192, "owned_by": "vllm"}]}).encode()
VERSION = b'{"version": "0.25.1"}'
METRICS = b"# HELP\nprocess_start_time_seconds 1.7e+09\n" + b"x 1\n" * 20_000


def whole(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """An answer as it goes over the line."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def in_chunks(body: bytes) -> bytes:
    parts = (b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:5], body[5:], b""))
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(parts)


GOOD: Mapping[str, bytes] = {"/v1/models": whole(MODELS), "/version": whole(VERSION), "/metrics": whole(METRICS)}
MISSING = whole(b'{"detail": "Not Found"}', "404 Not Found")


@asynccontextmanager
async def answering(answers: Mapping[str, bytes], path: Path | None = None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """The URL of a server that gives these bytes, and the heads of the requests it gets."""
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answers.get(heads[-1].split(b" ")[1].decode(), MISSING))
        writer.close()

    if path is None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    else:
        server, url = await asyncio.start_unix_server(answer, path), f"unix:{path}"
    async with server:
        yield url, heads


async def told(url: str, key: str = "") -> ServerFacts | tuple[str, str, str]:
    """What is found, or the error in its words; the port, another one each time, is left out."""
    try:
        return await probe.probe(url, key)
    except MinicpmTuiError as error:
        return error.info.kind, error.info.message.replace(url, "URL"), error.info.hint.replace(url, "URL")


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"/v1/models": in_chunks(MODELS)},
        {"/v1/models": b"HTTP/1.0 200 OK\r\n\r\n" + MODELS},
        {"/v1/models": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + whole(MODELS)},
        {"/version": MISSING, "/metrics": MISSING},
        {"/version": b"", "/metrics": b"SSH-2.0-OpenSSH_9.2\r\n"},
        {"/version": whole(b"[]"), "/metrics": in_chunks(METRICS)},
        {"/v1/models": whole(gzip.compress(MODELS), "200 OK", "Content-Encoding: gzip")},
        {"/version": whole(zlib.compress(VERSION), "200 OK", "Content-Encoding: deflate")},
        {"/v1/models": whole(b'{"error": {"message": "no key"}}', "401 Unauthorized")},
        {"/v1/models": whole(b"", "307 Temporary Redirect", "Location: /elsewhere/v1/models")},
        {"/v1/models": whole(b"<html>502</html>", "502 Bad Gateway")},
        {"/v1/models": whole(b"<html>hello</html>")},
        {"/v1/models": whole(b'{"data": []}')},
        {"/v1/models": whole(MODELS)[:-20]},
        {"/v1/models": b"SSH-2.0-OpenSSH_9.2\r\n"},
        {"/v1/models": b""},
        {"/v1/models": whole(MODELS + b" " * 1_100_000)},
    ],
)
async def test_both_ways_of_asking_tell_the_same(changed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering({**GOOD, **changed}) as (url, _heads):
        at_first = await told(url)
        monkeypatch.setattr(plain_http, "reaches", lambda _url: False)
        assert at_first == await told(url)


async def test_a_server_that_answers_plainly_is_asked_once() -> None:
    async with answering(GOOD) as (url, heads):
        found = await told(url, "secret")
    model = ModelFacts("m", "openbmb/MiniCPM-V-2_6", 8192)
    assert found == ServerFacts(url, "0.25.1", is_vllm=True, models=(model,), started="1.7e+09")
    assert sorted(head.split()[1] for head in heads) == [b"/metrics", b"/v1/models", b"/version"]
    assert all(b"authorization: Bearer secret\r\n" in head and b"user-agent: minicpm-tui/" in head for head in heads)


async def test_a_path_before_the_api_and_a_socket_are_asked_so_too(tmp_path: Path) -> None:
    async with answering({"/team/v1/models": whole(MODELS)}) as (url, _heads):
        assert isinstance(found := await told(f"{url}/team"), ServerFacts)
        assert found.preferred is not None
    async with answering(GOOD, tmp_path / "vllm.sock") as (url, heads):
        assert isinstance(await told(url), ServerFacts)
        assert len(heads) == 3


async def test_a_server_that_is_silent_at_first_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_GLANCE_SECONDS", 0.05)
    asked: list[asyncio.StreamWriter] = []

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        if len(asked) > 3:
            writer.write(GOOD[head.split(b" ")[1].decode()])
            writer.close()
        else:
            await reader.read()  # until the first look is given up

    server = await asyncio.start_server(late, "127.0.0.1", 0)
    async with server:
        found = await told(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert isinstance(found, ServerFacts)
        assert found.version == "0.25.1"


def test_what_needs_more_than_plain_http_is_left_to_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    assert plain_http.reaches("http://127.0.0.1:8000")
    assert plain_http.reaches("unix:/run/vllm.sock")
    assert not plain_http.reaches("http://gpu:8000")
    assert not plain_http.reaches("https://127.0.0.1:8000")
