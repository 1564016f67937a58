"""GET over plain HTTP, for the first look at a server: the HTTP client takes longer to import than most servers to answer.

It knows no TLS, no proxy, no redirect and no compressed body, and explains nothing: what is unclear is asked again through the
client of ``client.py``, which does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from urllib.parse import urlsplit

import h11

from minicpm_tui.access import access_to
from minicpm_tui.address import http_root, socket_path
from minicpm_tui.backends.headers import own_headers
from minicpm_tui.backends.proxies import proxy_for
from minicpm_tui.redaction import know

_PIECE = 1 << 16
_LIMIT = 1_000_000
"""Bytes of a body."""


class Unclear(Exception):
    """No answer, or not one that is plain and whole."""


class Refused(Unclear):
    """An answer whose status is not 200."""


def reaches(url: str) -> bool:
    """Whether the server at the root ``url`` can be asked so."""
    return bool(socket_path(url)) or (url.startswith("http:") and proxy_for(url) is None)


async def get(url: str, path: str, key: str = "") -> bytes:
    """The body of ``path`` at the root ``url``. Raises Unclear."""
    body = bytearray()
    async with pieces(url, path, key) as answer:
        async for piece in answer:
            body += piece
            if len(body) > _LIMIT:
                raise Unclear(path)
    return bytes(body)


@asynccontextmanager
async def pieces(url: str, path: str, key: str = "") -> AsyncIterator[AsyncIterator[bytes]]:
    """That body as it arrives; the connection is closed behind it. Raises Unclear, inside too."""
    know(key)
    try:
        reader, writer = await connected(url)
        try:
            async with aclosing(_answer(url, path, key, reader, writer)) as answer:
                yield answer
        finally:
            writer.close()
    except (OSError, UnicodeError, h11.ProtocolError) as error:
        raise Unclear(path) from error


async def connected(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the server at the root ``url``, in the clear. Raises OSError."""
    if named := socket_path(url):
        return await asyncio.open_unix_connection(named)
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))


async def _answer(
    url: str, path: str, key: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> AsyncGenerator[bytes, None]:
    root = urlsplit(http_root(url))
    http = h11.Connection(h11.CLIENT)
    headers = {"host": root.netloc, "connection": "close", **own_headers(access_to(url), key)}
    request = h11.Request(method="GET", target=root.path + path, headers=list(headers.items()))
    writer.write((http.send(request) or b"") + (http.send(h11.EndOfMessage()) or b""))
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await reader.read(_PIECE))
        elif isinstance(event, h11.Response):
            if event.status_code != 200:
                raise Refused(path)
            if any(name == b"content-encoding" for name, _value in event.headers):
                raise Unclear(path)
        elif isinstance(event, h11.Data):
            yield bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return
        elif not isinstance(event, h11.InformationalResponse):
            raise Unclear(path)
