"""What is told of a server by a connection alone, and what a broken one is called."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from minicpm_tui.backends.network import network_error
from minicpm_tui.backends.presence import stands
from minicpm_tui.demo.testing import serving

BROKEN = httpx2.RemoteProtocolError("peer closed connection without sending complete message body (incomplete chunked read)")


async def test_a_server_stands_and_is_not_asked_anything() -> None:
    with serving() as server:
        assert await stands(server.url)
        assert server.requests == []
    assert not await stands(server.url)


async def test_a_tunnel_without_its_other_end_does_not_stand() -> None:
    """As ``ssh -L`` does it: the connection is taken, and closed when the other end refuses."""

    async def closing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.close()

    tunnel = await asyncio.start_server(closing, "127.0.0.1", 0)
    async with tunnel:
        assert not await stands(f"http://127.0.0.1:{tunnel.sockets[0].getsockname()[1]}")


@pytest.mark.parametrize("error", [BROKEN, httpx2.ReadError(""), httpx2.RemoteProtocolError("Server disconnected")])
def test_a_line_that_was_cut_says_nothing_of_ports(error: Exception) -> None:
    line = str(network_error(error, "http://gpu:8000", 0.2, known=True))
    assert "The connection broke" in line
    assert "port" not in line
    assert "the port is right" in str(network_error(error, "http://gpu:8000", 0.2))


def test_silence_beyond_a_gateways_patience_is_told_with_its_setting() -> None:
    line = str(network_error(BROKEN, "http://gpu:8000", 60.4, known=True))
    assert "after 60 s of silence" in line
    assert "proxy_read_timeout" in line
