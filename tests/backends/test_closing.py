"""uvicorn closes a connection after an unhandled exception though its 500 did not say so: nothing may be lost to that."""

from __future__ import annotations

import asyncio
import json

import msgspec

from minicpm_tui.backends.openai import OpenAIBackend
from minicpm_tui.messages import MemoryBlobs
from tests.backends.conftest import VLLM, end_of, picture_of, question, reply, text_of
from tests.backends.test_openai import OK

FAILURE = b'{"error":{"message":"Expected code to be unreachable, but got: None","type":"InternalServerError","code":500}}'


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Streams a reply to a request with bytes; one with a bare uuid gets a 500, and its connection is dead from then on."""
    dead = False
    while True:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        except asyncio.IncompleteReadError:
            break
        if dead:
            break
        body = json.loads(await _body(reader, head))
        if any(part.get("image_url", "") is None for part in body["messages"][0]["content"]):
            dead = True
            writer.write(b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\n")
            writer.write(b"content-length: %d\r\n\r\n%b" % (len(FAILURE), FAILURE))
        else:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n%b" % (len(OK), OK))
        await writer.drain()
    writer.close()


async def _body(reader: asyncio.StreamReader, head: str) -> bytes:
    if "transfer-encoding: chunked" not in head:
        return await reader.readexactly(int(head.partition("content-length:")[2].split("\r\n")[0]))
    body = b""
    while size := int((await reader.readline()).strip(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body


async def test_the_bytes_arrive_after_a_500_to_a_bare_uuid() -> None:
    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        backend = OpenAIBackend(msgspec.structs.replace(VLLM, url=f"http://127.0.0.1:{port}"), "m", stall_seconds=5)
        blobs = MemoryBlobs()
        picture = picture_of(b"pixels" * 50_000, blobs)
        for _turn in range(3):
            events = await reply(backend, question(picture, "?"), blobs)
            assert end_of(events).error is None
            assert text_of(events) == "hi"
        await backend.aclose()
