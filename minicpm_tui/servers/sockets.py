"""TCP sockets as Linux shows them in ``/proc/net`` (proc_pid_net(5)): who listens, and who is connected to whom."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

from minicpm_tui.servers.processes import PROC, all_pids, stat

_ESTABLISHED, _LISTEN = "01", "0A"


class End(NamedTuple):
    """One end of a connection; an IPv4 address that a dual-stack socket shows as IPv6 is itself."""

    address: str
    port: int


class Connection(NamedTuple):
    """An established connection, as one of its ends on this machine sees it; ``inode`` names its socket."""

    here: End
    there: End
    inode: str


def established() -> list[Connection]:
    """All that are; empty where the kernel does not say."""
    return [Connection(here, there, inode) for here, there, state, inode in _table() if state == _ESTABLISHED]


def owners(inodes: set[str]) -> dict[str, int]:
    """The process that has each of these sockets; those of other users are missing."""
    found: dict[str, int] = {}
    for pid in all_pids():
        found.update(dict.fromkeys(inodes & _sockets(pid), pid))
    return found


def listens(group: int, port: int) -> bool:
    """Whether a process of this group listens on TCP ``port``."""
    wanted = {inode for here, _there, state, inode in _table() if state == _LISTEN and here.port == port}
    if not wanted:
        return False
    return any(wanted & _sockets(pid) for pid in all_pids() if (now := stat(pid)) and now.group == group)


def _table() -> Iterator[tuple[End, End, str, str]]:
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in (PROC / "net" / name).read_text().splitlines()[1:]:
                fields = line.split()
                yield _end(fields[1]), _end(fields[2]), fields[3], fields[9]


def _end(text: str) -> End:
    """``0100007F:1F90`` is port 8080 of 127.0.0.1: words of 32 bits in the machine's own order, the port in figures."""
    words, _colon, port = text.partition(":")
    packed = b"".join(struct.pack("=I", int(words[at : at + 8], 16)) for at in range(0, len(words), 8))
    if len(packed) == 4:
        return End(socket.inet_ntoa(packed), int(port, 16))
    address = ipaddress.IPv6Address(packed)
    return End(str(address.ipv4_mapped or address), int(port, 16))


def _sockets(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for entry in (PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                link = str(entry.readlink())
                if link.startswith("socket:["):
                    found.add(link[8:-1])
    return found
