"""A slow line to a server: a TCP relay with a bandwidth and a delay, which counts what passes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

PIECE = 16 * 1024


@dataclass
class Line:
    """``url`` is the near end. ``up`` and ``down`` count bytes towards the server and back."""

    url: str = ""
    up: int = 0
    down: int = 0

    def take(self) -> Self:
        """The counts so far; they begin again at 0."""
        taken = type(self)(self.url, self.up, self.down)
        self.up = self.down = 0
        return taken


class _Direction:
    """One way through the line: each piece leaves when the bits before it have, and arrives ``delay`` seconds later."""

    def __init__(self, bits_per_second: float, delay: float) -> None:
        self._rate = bits_per_second / 8
        self._delay = delay
        self._free_at = 0.0

    async def wait(self, count: int) -> float:
        """Take up the line for ``count`` bytes; returns the loop time at which they arrive."""
        now = asyncio.get_running_loop().time()
        self._free_at = max(now, self._free_at) + count / self._rate
        await asyncio.sleep(self._free_at - now)
        return self._free_at + self._delay


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: _Direction, line: Line, name: str) -> None:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            arrives, data = await queue.get()
            await asyncio.sleep(max(0.0, arrives - loop.time()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    delivering = asyncio.create_task(deliver())
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(PIECE):
            setattr(line, name, getattr(line, name) + len(data))
            queue.put_nowait((await way.wait(len(data)), data))
    queue.put_nowait((loop.time(), b""))
    with contextlib.suppress(ConnectionError):
        await delivering


@contextlib.contextmanager
def slow_line(server: str, *, bits_per_second: float, delay: float) -> Iterator[Line]:
    """Relay to the server at URL ``server`` with ``delay`` seconds each way; runs in a thread of its own."""
    target = urlsplit(server)
    line = Line()
    up, down = _Direction(bits_per_second, delay), _Direction(bits_per_second, delay)
    ready, over = threading.Event(), asyncio.Event()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(target.hostname, target.port)
        async with asyncio.TaskGroup() as ways:
            ways.create_task(_pass_on(reader, far_writer, up, line, "up"))
            ways.create_task(_pass_on(far_reader, writer, down, line, "down"))

    async def relay() -> None:
        loops.append(asyncio.get_running_loop())
        near = await asyncio.start_server(connected, "127.0.0.1", 0)
        line.url = f"http://127.0.0.1:{near.sockets[0].getsockname()[1]}"
        ready.set()
        await over.wait()

    loops: list[asyncio.AbstractEventLoop] = []
    thread = threading.Thread(target=lambda: asyncio.run(relay()))
    thread.start()
    ready.wait()
    try:
        yield line
    finally:
        loops[0].call_soon_threadsafe(over.set)
        thread.join()
