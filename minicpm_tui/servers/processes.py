"""Processes as Linux shows them in ``/proc``: who is alive, who belongs to a server, and when one dies."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

PROC = Path("/proc")
MARKER = "MINICPM_TUI_SERVER_ID"
_COMM = 15


class Stat(NamedTuple):
    """A line of ``/proc/PID/stat``: ``start`` is in clock ticks since boot, which tells a reused pid from the first one."""

    pid: int
    state: str
    group: int
    start: int


def boot_id() -> str:
    """The kernel's id of this boot, which the next boot changes; empty where the kernel does not say."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def stat(pid: int) -> Stat | None:
    """What the kernel says of ``pid``; None when there is no such process."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name in parentheses may hold spaces and parentheses of its own.
    fields = text[text.rfind(")") + 2 :].split()
    return Stat(pid, fields[0], int(fields[2]), int(fields[19])) if len(fields) > 19 else None


def name(pid: int) -> str:
    """What the process calls itself; empty when it is gone.

    The kernel keeps 15 bytes of it (proc_pid_comm(5)); the rest stands in the command line, if that begins alike.
    """
    folder = PROC / str(pid)
    try:
        short = (folder / "comm").read_text(errors="replace").rstrip("\n")
        if len(short.encode()) < _COMM:
            return short
        first = (folder / "cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
    except OSError:
        return ""
    long = first.rpartition("/")[2]
    return long if long.startswith(short) else short


def alive(pid: int, start: int) -> bool:
    """Whether the process that began at ``start`` ticks still runs. A zombie is gone."""
    now = stat(pid)
    return now is not None and now.start == start and now.state not in "ZXx"


def all_pids() -> Iterator[int]:
    """Every process of the machine."""
    for entry in os.scandir(PROC):
        if entry.name.isdigit():
            yield int(entry.name)


def has_marker(pid: int, server_id: str) -> bool:
    """Whether the process was given this server's mark in its environment."""
    try:
        environment = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return False
    return f"{MARKER}={server_id}".encode() in environment.split(b"\0")


def writes_to(pid: int, log: Path) -> bool:
    """Whether its standard output or error is this very file.

    vLLM's engine and workers rename themselves with setproctitle, which wipes what ``/proc/PID/environ`` shows; the log that a
    server alone writes to is the mark that they keep.
    """
    with contextlib.suppress(OSError):
        wanted = log.stat()
        for number in (1, 2):
            with contextlib.suppress(OSError):
                found = (PROC / str(pid) / "fd" / str(number)).stat()
                if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                    return True
    return False


def living(group: int) -> Iterator[int]:
    """Processes of the process group; zombies count as gone."""
    for pid in all_pids():
        now = stat(pid)
        if now and now.group == group and now.state not in "ZXx":
            yield pid


def members(group: int, server_id: str, log: Path) -> list[int]:
    """Living processes of the process group that carry the server's mark: its environment variable or its log."""
    return [pid for pid in living(group) if has_marker(pid, server_id) or writes_to(pid, log)]


def find_leader(server_id: str) -> Stat | None:
    """The process that was started for ``server_id`` and leads its group, when its pid was never written down."""
    for pid in all_pids():
        if has_marker(pid, server_id) and (now := stat(pid)) and now.group == pid and now.state not in "ZXx":
            return now
    return None


def send(pids: list[int], number: signal.Signals) -> None:
    """Signal each process; those that have gone meanwhile do not matter."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


class DeathWatch:
    """Waits for the end of a process that need not be a child: by pidfd, else by looking."""

    def __init__(self, pid: int, start: int) -> None:
        self.pid, self.start = pid, start
        try:
            self._handle = os.pidfd_open(pid)
        except (OSError, AttributeError):
            self._handle = -1

    def wait(self, seconds: float) -> bool:
        """Whether it ended within ``seconds``."""
        deadline = time.monotonic() + seconds
        while alive(self.pid, self.start):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if self._handle >= 0:
                poller = select.poll()
                poller.register(self._handle, select.POLLIN)
                poller.poll(left * 1000)
            else:
                time.sleep(min(left, 0.1))
        return True

    def close(self) -> None:
        """Give the pidfd back; more than once is fine."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
