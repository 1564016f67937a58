"""The shell's jobs: who has the terminal, and who brings a stopped program back."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path


def in_background(terminal: int) -> bool:
    """Another job has the terminal at file descriptor ``terminal``: writing to it would disturb that one."""
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except OSError:
        return False  # no terminal that controls us: there are no jobs


@contextlib.contextmanager
def shared_signals() -> Iterator[None]:
    """While another program has the terminal, ^C and ^\\ are meant for that program alone.

    A handler that does nothing, unlike SIG_IGN, is not inherited by it.
    """
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def shell_waits() -> bool:
    """A shell with job control started this program, and can bring it back after a stop. Otherwise nobody would."""
    try:
        leader = Path(f"/proc/{os.getpgrp()}/stat").read_text(errors="replace")
        parent = int(leader[leader.rfind(")") + 1 :].split()[1])  # the name before it may hold spaces (proc_pid_stat(5))
        return os.getsid(parent) == os.getsid(0)
    except (OSError, ValueError, IndexError):
        return False
