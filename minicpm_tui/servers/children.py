"""The servers that this very process started: as their parent it must collect them, or they stay behind as zombies."""

from __future__ import annotations

import os
import subprocess

_ended: dict[int, int | None] = {}


def adopt(child: subprocess.Popen[bytes]) -> None:
    """Take over the collecting of a child that was just started; ``child`` itself is of no more use."""
    _ended[child.pid] = None
    child.returncode = 0  # else Popen complains of every server that outlives this program


def exit_status(pid: int) -> int | None:
    """How a child of ours ended: its status, or minus the signal. None while it runs, and for processes that are not ours."""
    if pid in _ended and _ended[pid] is None:
        try:
            collected, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            del _ended[pid]
            return None
        if collected == pid:
            _ended[pid] = os.waitstatus_to_exitcode(status)
    return _ended.get(pid)


def ours(pid: int) -> bool:
    """Whether this very process started it."""
    return pid in _ended
