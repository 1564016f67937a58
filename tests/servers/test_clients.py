"""Who is connected to a server, told without any library that a plain installation lacks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicpm_tui.servers import sockets
from minicpm_tui.servers.clients import clients
from minicpm_tui.servers.local import LocalServer

CLIENT = (
    "import socket, sys; s = socket.create_connection((sys.argv[1], int(sys.argv[2]))); print('in', flush=True); sys.stdin.read()"
)


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6])
def listener(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """Of one kind of address, and of both."""
    with socket.create_server(("", 0), family=request.param, dualstack_ipv6=request.param == socket.AF_INET6) as made:
        yield made


def server(listener: socket.socket, log: Path) -> LocalServer:
    """One of another process group that runs at the port of ``listener``."""
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    return LocalServer("some-id", 1, url, "m", "/m", "", 0.0, None, "ready", log, ())


def test_the_table_names_both_ends(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    assert sockets.listens(os.getpgrp(), port)
    with socket.create_connection(("127.0.0.1", port)) as ours:
        accepted, _address = listener.accept()
        here, there = sockets.End("127.0.0.1", ours.getsockname()[1]), sockets.End("127.0.0.1", port)
        with accepted:
            found = {(each.here, each.there) for each in sockets.established()}
        assert (here, there) in found
        assert (there, here) in found


def test_the_other_end_is_named_by_its_program(listener: socket.socket, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CLIENT, "127.0.0.1", str(listener.getsockname()[1])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        accepted, _address = listener.accept()
        with accepted, socket.create_connection(("127.0.0.1", listener.getsockname()[1])):
            found = {client.pid: client for client in clients(server(listener, tmp_path / "log"))}
            assert set(found) == {other.pid, os.getpid()}
            assert found[os.getpid()].own
            assert found[other.pid].name.startswith("python")
        assert other.stdin is not None
        other.stdin.close()


def test_nobody_is_connected(listener: socket.socket, tmp_path: Path) -> None:
    assert clients(server(listener, tmp_path / "log")) == []
