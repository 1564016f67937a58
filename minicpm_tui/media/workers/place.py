"""Whether this process is a worker."""

from __future__ import annotations

_at_work = False


def at_work() -> bool:
    """This process is a worker: what it is told to do, it does itself."""
    return _at_work


def begin_work() -> None:
    """From now on it is one."""
    global _at_work
    _at_work = True
