"""Answers that end: what a server sends is unpacked here, a little at a time, and given up beyond a limit.

``Content-Encoding`` is never asked for, but a server may pack all the same, and a packed body of one megabyte can hold gigabytes.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator

import httpx2

from minicpm_tui.backends.error_words import LIMIT as ERROR_LIMIT

BODY_LIMIT = 16_000_000
"""Bytes of an answer that is no stream; more of it raises BodyTooLarge."""
_PIECE = 64 * 1024
_MEMBER = b"\x1f"
"""How each part of a gzip file begins (RFC 1952, 2.2): some gateways pack every event by itself."""
_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class BodyTooLarge(httpx2.DecodingError):
    """An answer of more than ``BODY_LIMIT`` bytes."""


class BodyUnreadable(httpx2.DecodingError):
    """An answer that is packed in a way that nobody asked for, or whose packing is damaged."""


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Hands requests to ``inner`` and bounds what it answers.

    A stream of events is unpacked, but as long as it likes: whoever reads it bounds what it keeps.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer to ``request``. Raises what ``inner`` raises; its body raises BodyTooLarge and BodyUnreadable."""
        response = await self._inner.handle_async_request(request)
        coding = response.headers.get("content-encoding", "").strip().lower()
        streams = response.status_code == 200 and response.headers.get("content-type", "").startswith("text/event-stream")
        if (streams and coding in {"", "identity"}) or not isinstance(response.stream, httpx2.AsyncByteStream):
            return response
        limit = None if streams else BODY_LIMIT if response.status_code == 200 else ERROR_LIMIT
        headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
        body = _Body(response.stream, coding, limit, cut=response.status_code != 200)
        return httpx2.Response(response.status_code, headers=headers, stream=body, extensions=response.extensions)

    async def aclose(self) -> None:
        """Close what ``inner`` holds."""
        await self._inner.aclose()


class _Body(httpx2.AsyncByteStream):
    """``stream`` unpacked, at most ``limit`` bytes of it; ``cut``: what is more is left out instead of raising."""

    def __init__(self, stream: httpx2.AsyncByteStream, coding: str, limit: int | None, *, cut: bool) -> None:
        self._stream = stream
        self._coding = coding
        self._limit = limit
        self._cut = cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._limit
        async for piece in self._readable():
            if left is None:
                yield piece
                continue
            if len(piece) > left:
                if not self._cut:
                    raise BodyTooLarge(str(self._limit))
                yield piece[:left]
                return
            left -= len(piece)
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def _readable(self) -> AsyncIterator[bytes]:
        """The pieces; an error that cannot be unpacked is still an error, without words."""
        try:
            async for piece in self._pieces():
                yield piece
        except BodyUnreadable:
            if not self._cut:
                raise

    async def _pieces(self) -> AsyncIterator[bytes]:
        if self._coding in {"", "identity"}:
            async for data in self._stream:
                yield data
            return
        if self._coding not in _WINDOWS:
            raise BodyUnreadable(self._coding)
        unpacker = zlib.decompressobj(_WINDOWS[self._coding])
        first = True
        async for packed in self._stream:
            left = packed
            while left:
                if unpacker.eof:
                    if not left.startswith(_MEMBER):
                        break  # what follows is no part of the answer
                    unpacker = zlib.decompressobj(_WINDOWS[self._coding])
                try:
                    piece = unpacker.decompress(left, _PIECE)
                except zlib.error as error:
                    if not (first and self._coding == "deflate"):
                        raise BodyUnreadable(self._coding) from error
                    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)  # what some servers take "deflate" to mean
                    first = False
                    continue
                first = False
                left = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
                yield piece
                await asyncio.sleep(0)  # Ctrl-C and the screen have their turn, however much there is to unpack
