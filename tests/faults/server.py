"""A server in a thread of this process that answers each question with the fault that the question names."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.faults.cases import BROKEN, COMPLETE, SPOILT, answer

FAULTS = {**COMPLETE, **BROKEN, **SPOILT}
_NAMED = re.compile(rb"fault:([a-z0-9-]+)")
_MODELS = answer(json.dumps({"object": "list", "data": [{"id": "m", "max_model_len": 8192}]}).encode(), kind="application/json")
_WELL = answer(b"{}", kind="application/json")
_UNKNOWN = answer(b'{"detail": "Not Found"}', 404, "application/json")


def question(name: str) -> str:
    """What is to be asked for the fault ``name``."""
    return f"fault:{name}"


async def request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """A request's head in small letters and its body, which comes in chunks when there are pictures in it."""
    head, body = (await reader.readuntil(b"\r\n\r\n")).lower(), b""
    if b"transfer-encoding: chunked" in head:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
        return head, body
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
    return head, await reader.readexactly(length)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        head, body = await request(reader)
        if head.startswith(b"post") and b"/chat/completions" in head:
            writer.write(FAULTS[_NAMED.findall(body)[-1].decode()])  # the last one: those before it are history
        else:
            writer.write(_MODELS if b"/models" in head else _WELL if b"/health" in head else _UNKNOWN)
        await writer.drain()
    writer.close()


@contextmanager
def faulty() -> Iterator[str]:
    """The URL of a server with every fault, while the context lasts."""
    loop, started, urls = asyncio.new_event_loop(), threading.Event(), list[str]()
    ended = asyncio.Event()

    async def run() -> None:
        server = await asyncio.start_server(_serve, "127.0.0.1", 0, limit=1 << 24)
        urls.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        started.set()
        await ended.wait()
        server.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    started.wait()
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
