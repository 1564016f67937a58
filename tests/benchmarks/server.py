"""A server that streams: ``n=2000 r=200 t=abc`` in the last message asks for 2,000 tokens at 200 a second (0: at once) and
``ZQabcX`` at the end. Run in a thread by ``serving()``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

SECTION = """## Section {number}: what the picture shows

The image shows a **small harbour** at dusk, with *three boats* tied to a wooden pier and a row of `lamps` along the quay. The
hills behind it rise in soft layers, and the water mirrors the sky. See [the notes](https://example.com/{number}) for more.

- first, the boats: two are white, one is blue
- second, the pier: about 40 metres long
  - it has eleven posts
  - one post is broken

1. Load the picture
2. Ask the model

```python
def describe(image, prompt="What is in the picture?", max_tokens=256):
    for attempt in range(3):
        reply = client.chat(image, prompt, max_tokens=max_tokens)
        if reply.ok:
            return reply.text.strip()
    raise RuntimeError(f"no reply after {{attempt + 1}} tries")
```

| object | count | colour | confidence |
|--------|------:|--------|-----------:|
| boat   |     3 | white  |       0.97 |
| lamp   |    12 | yellow |       0.91 |

> A quoted line that a reader may want to copy.

"""
_TOKEN = re.compile(r"\s*[^\s]{1,5}|\s+")


@cache
def tokens(count: int) -> list[str]:
    """``count`` tokens of Markdown, as a model would cut them."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        number += 1
        found += _TOKEN.findall(SECTION.format(number=number))
    return found[:count]


class Server:
    """``url`` to ask; ``ended[tag]`` is when the last byte of a reply left, ``started[tag]`` when its request came."""

    def __init__(self) -> None:
        self.url = ""
        self.started: dict[str, float] = {}
        self.ended: dict[str, float] = {}

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                size = re.search(r"(?i)content-length: *(\d+)", head)
                body = await reader.readexactly(int(size[1])) if size else b""
                path = head.split(" ", 2)[1].removeprefix("/v1")
                if path.startswith("/chat/completions"):
                    await self._stream(writer, json.loads(body))
                else:
                    _reply(writer, _FACTS.get(path.split("?")[0], {}))
                await writer.drain()
        writer.close()

    async def _stream(self, writer: asyncio.StreamWriter, request: dict[str, Any]) -> None:
        content = request["messages"][-1]["content"]
        text = content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
        wish = dict(re.findall(r"\b([nrt])=(\w+)", text))
        count, rate, tag = int(wish.get("n", 10)), int(wish.get("r", 0)), wish.get("t", "")
        self.started[tag] = time.monotonic()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        begin = time.monotonic()
        pieces = tokens(count)
        for number, token in enumerate(pieces):
            writer.write(_chunk(_delta(token)))
            if rate and (wait := begin + number / rate - time.monotonic()) > 0:
                await writer.drain()
                await asyncio.sleep(wait)
        close = "\n```\n\n" if "".join(pieces).count("```") % 2 else "\n\n"
        writer.write(_chunk(_delta(f"{close}ZQ{tag}X")))
        await writer.drain()
        self.ended[tag] = time.monotonic()
        usage = {"prompt_tokens": 9, "completion_tokens": count, "total_tokens": count + 9}
        writer.write(_chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
        writer.write(_chunk({"choices": [], "usage": usage}))
        writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")


_MODEL = {
    "id": "bench-model",
    "object": "model",
    "created": 0,
    "owned_by": "vllm",
    "root": "bench-model",
    "max_model_len": 131072,
}
_FACTS: dict[str, Any] = {
    "/models": {"object": "list", "data": [_MODEL]},
    "/version": {"version": "0.32.0"},
    "/tokenize": {"count": 9, "max_model_len": 131072, "tokens": []},
}


def _delta(text: str) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}


def _chunk(event: dict[str, Any]) -> bytes:
    event = {"id": "b", "object": "chat.completion.chunk", "created": 0, "model": "bench-model", **event}
    data = b"data: " + json.dumps(event, separators=(",", ":")).encode() + b"\n\n"
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _reply(writer: asyncio.StreamWriter, fact: Any) -> None:
    data = json.dumps(fact).encode()
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """A server on a free port, while the block runs."""
    server, ready, over = Server(), threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        listener = await asyncio.start_server(server.answer, "127.0.0.1", 0, limit=1 << 26)
        server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
        loops.append(asyncio.get_running_loop())
        ready.set()
        await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait()
    yield server
    loops[0].call_soon_threadsafe(over.set)
    thread.join()
