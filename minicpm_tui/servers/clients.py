"""Who is connected to a server that runs on this machine, as the kernel's table of connections tells."""

from __future__ import annotations

import os
from dataclasses import dataclass

from minicpm_tui.servers import processes, sockets
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
    table = sockets.established()
    ours = [each for each in table if each.here.port == server.port]
    others = {(each.here, each.there): each.inode for each in table}
    owners = sockets.owners({inode for each in ours if (inode := others.get((each.there, each.here)))})
    members = set(processes.members(server.pid, server.id, server.log))
    found = (_client(each.there.address, owners.get(others.get((each.there, each.here), ""))) for each in ours)
    return [client for client in dict.fromkeys(found) if client.pid not in members]


def _client(address: str, pid: int | None) -> Client:
    """The other end of one of the server's connections, and its process where it is one of ours."""
    return Client(address) if pid is None else Client(processes.name(pid) or str(pid), pid)
