"""Whether something still listens at a server's address: told by a connection alone, which no server answers or notes down."""

from __future__ import annotations

import asyncio

from minicpm_tui.backends.plain_http import connected
from minicpm_tui.backends.proxies import proxy_for

CONNECT_SECONDS = 1.5
"""For the connection to come about."""
CLOSED_SECONDS = 0.8
"""An ssh tunnel whose other end is gone takes the connection, asks there, and closes it again."""


def can_be_watched(url: str) -> bool:
    """False behind a proxy: that it stands tells nothing of the server."""
    return proxy_for(url) is None


async def stands(url: str) -> bool:
    """Whether the root ``url`` takes a connection and keeps it open."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await connected(url)
    except (OSError, TimeoutError):
        return False
    try:
        async with asyncio.timeout(CLOSED_SECONDS):
            return bool(await reader.read(1))
    except TimeoutError:
        return True
    except OSError:
        return False
    finally:
        writer.close()
