"""The process that writes an output, for programs that are not its parent: it holds the run's lock."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path
from typing import NamedTuple

from minicpm_tui.batch.run import recent
from minicpm_tui.servers import processes


class Holder(NamedTuple):
    """A process of this machine: its id, and when it began, in clock ticks since boot."""

    pid: int
    start: int

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return processes.alive(self.pid, self.start)

    def send(self, number: signal.Signals) -> None:
        """Signal it, if it still runs."""
        if self.alive:
            processes.send([self.pid], number)


def holder_of(output: Path) -> Holder | None:
    """Who writes ``output`` now. None when nobody of this machine does, or it cannot be told. Blocks.

    A killed run leaves its id in the lock, and another process may have that by now: it counts when it has the lock open.
    """
    path = recent.lock(output)
    try:
        host, _colon, pid = path.read_text(errors="replace").strip().rpartition(":")
    except OSError:
        return None
    if host != socket.gethostname() or not (pid.isascii() and pid.isdigit()):
        return None
    now = processes.stat(int(pid))
    return Holder(now.pid, now.start) if now is not None and _has_open(now.pid, path) else None


def _has_open(pid: int, path: Path) -> bool:
    with contextlib.suppress(OSError):
        wanted = path.stat()
        for entry in (processes.PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                if os.path.samestat(entry.stat(), wanted):
                    return True
    return False
