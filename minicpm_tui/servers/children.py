"""The servers that this very process started: as their parent it must collect them, or they stay behind as zombies."""

from __future__ import annotations

import subprocess

_children: dict[int, subprocess.Popen[bytes]] = {}


def adopt(child: subprocess.Popen[bytes]) -> None:
    """Remember a child that was just started."""
    _children[child.pid] = child


def exit_status(pid: int) -> int | None:
    """How a child of ours ended: its status, or minus the signal. None while it runs, and for processes that are not ours."""
    child = _children.get(pid)
    return child.poll() if child else None
