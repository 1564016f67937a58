"""Reading a stream of tokens once in a while instead of once a token: waking up costs more than the token.

What arrives meanwhile collects in the kernel's socket buffer. The first reads after a request are not held up, so that the time
to the first token is what it is; they may also take longer, as the prompt is read then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import httpcore2

from minicpm_tui.backends.chunks import ChunkJoiner

if TYPE_CHECKING:
    import ssl

PACE_SECONDS = 0.1
UNPACED_READS = 3
"""The headers, the chunk with the role, the first token."""
FULL_READ = 32 * 1024
"""Bytes; a read that brings so much is followed by the next at once."""


class PacedStream(httpcore2.AsyncNetworkStream):
    """A connection whose reads keep ``PACE_SECONDS`` between them, and wait ``stall_seconds`` at most, once a reply streams."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream, stall_seconds: float) -> None:
        self._stream = stream
        self._stall_seconds = stall_seconds
        self._reads = 0
        self._not_before = 0.0
        self._joiner = ChunkJoiner()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has arrived, in whole chunks; empty once the server has closed.

        Raises httpcore2.ReadTimeout after ``timeout`` seconds, or after the stall limit where that is sooner."""
        if self._reads >= UNPACED_READS:
            timeout = min(timeout or self._stall_seconds, self._stall_seconds)
            if (wait := self._not_before - time.monotonic()) > 0:
                await asyncio.sleep(wait)
        data = await self._stream.read(max_bytes, timeout)
        while not (joined := self._joiner.feed(data)) and data:
            data = await self._stream.read(max_bytes, timeout)
        self._reads += 1
        self._not_before = 0.0 if len(data) >= FULL_READ else time.monotonic() + PACE_SECONDS
        return joined

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send a part of a request; the reads that follow it are not held up."""
        self._reads = 0
        self._joiner = ChunkJoiner()
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection beneath."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        """This connection encrypted, still paced."""
        return PacedStream(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._stall_seconds)

    def get_extra_info(self, info: str) -> Any:
        """What the connection beneath knows of ``info``, such as its socket; None for what it does not know."""
        return self._stream.get_extra_info(info)


class PacedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections that are read at a pace."""

    def __init__(self, backend: httpcore2.AsyncNetworkBackend, stall_seconds: float) -> None:
        self._backend = backend
        self._stall_seconds = stall_seconds

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A paced connection to ``host``. Raises httpcore2.ConnectError, ConnectTimeout."""
        stream = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return PacedStream(stream, self._stall_seconds)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None
    ) -> httpcore2.AsyncNetworkStream:
        """A paced connection to the socket at ``path``. Raises httpcore2.ConnectError, ConnectTimeout."""
        return PacedStream(await self._backend.connect_unix_socket(path, timeout, socket_options), self._stall_seconds)

    async def sleep(self, seconds: float) -> None:
        """Wait between two tries to connect."""
        await self._backend.sleep(seconds)
