"""Who is connected to a server that runs on this machine, as the kernel's table of connections tells."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from minicpm_tui.servers import processes
from minicpm_tui.servers.local import LocalServer


@dataclass(frozen=True)
class Client:
    """A program of this machine with its ``pid``, or the address of another machine. ``own`` is this very process."""

    name: str
    pid: int | None = None

    @property
    def own(self) -> bool:
        """True for the process that asks."""
        return self.pid == os.getpid()


def clients(server: LocalServer) -> list[Client]:
    """Each once, however many connections it has (blocks). Processes of other users are known by their address alone."""
    import psutil

    try:
        every: list[Any] = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return []
    table = [entry for entry in every if entry.status == psutil.CONN_ESTABLISHED and entry.raddr]
    members = set(processes.members(server.pid, server.id, server.log))
    owners = {(_plain(entry.laddr.ip), entry.laddr.port): entry.pid for entry in table}
    found = (_client(entry, owners) for entry in table if entry.laddr.port == server.port)
    return [client for client in dict.fromkeys(found) if client.pid not in members]


def _client(entry: Any, owners: dict[tuple[str, int], int | None]) -> Client:
    """The other end of one of the server's connections."""
    import psutil

    address = _plain(entry.raddr.ip)
    pid = owners.get((address, entry.raddr.port))
    if pid is None:
        return Client(address)
    try:
        return Client(psutil.Process(pid).name(), pid)
    except psutil.Error:
        return Client(str(pid), pid)


def _plain(address: str) -> str:
    """An IPv4 address that a dual-stack socket shows as IPv6, as itself."""
    return address.removeprefix("::ffff:")
