"""What a job in a worker may take, and how much memory there is to give."""

from __future__ import annotations

import contextlib
import re
import resource
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
MOST_MEMORY = 1536 * MIB
LEAST_MEMORY = 256 * MIB
_IN_NO_WAY = 2 * MOST_MEMORY
SILENT_SECONDS = 60.0
MOST_SECONDS = 300.0

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Limits:
    """``memory`` in bytes, ``silent`` seconds without a sign that it gets on, ``seconds`` altogether.

    Past ``memory`` allocating fails. ``watched``: it does not, and the worker is killed when it holds more.
    """

    memory: int = MOST_MEMORY
    silent: float = SILENT_SECONDS
    seconds: float = MOST_SECONDS
    watched: bool = False


def affordable(memory: int = MOST_MEMORY) -> int:
    """``memory`` bytes, or half of what this machine (or this container) has left where that is less; ``LEAST_MEMORY`` at least.
    Blocks a moment."""
    free = [found for found in (_machine(), _container()) if found is not None]
    return max(LEAST_MEMORY, min([memory, *(each // 2 for each in free)]))


def restrict(memory: int | None) -> None:
    """Let this process allocate no more than ``memory`` bytes: then allocating fails, which libraries report. None: as it likes.

    RLIMIT_DATA counts what is written privately, also of anonymous mappings since Linux 4.7 (getrlimit(2)). RLIMIT_AS would
    count libraries, thread stacks and files that are mapped as well, several hundred megabytes that nobody uses.
    """
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if memory is None:
        memory = hard
    resource.setrlimit(resource.RLIMIT_DATA, (memory if hard == resource.RLIM_INFINITY else min(memory, hard), hard))


def confined() -> int | None:
    """The bytes that a limit of the user's (``ulimit -v``, ``-d``) leaves each process; None without one that is in the way."""
    address_space, _hard = resource.getrlimit(resource.RLIMIT_AS)
    _soft, data = resource.getrlimit(resource.RLIMIT_DATA)
    least = min((each for each in (address_space, data) if each != resource.RLIM_INFINITY), default=_IN_NO_WAY)
    return least if least < _IN_NO_WAY else None


def resident() -> int:
    """Bytes of memory that this process holds now; 0 where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()
    return 0


def held_by(pid: int) -> int:
    """Bytes that a process has written and holds, also in swap; 0 where the system does not say. Blocks a moment."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
        return sum(int(kilobytes) << 10 for kilobytes in re.findall(r"^(?:RssAnon|VmSwap):\s*(\d+) kB", status, re.MULTILINE))
    return 0


def _machine() -> int | None:
    with contextlib.suppress(OSError):
        found = re.search(r"^MemAvailable:\s*(\d+) kB", _MEMINFO.read_text("ascii"), re.MULTILINE)
        return int(found[1]) << 10 if found else None
    return None


def _container() -> int | None:
    """What the control group (version 2) leaves; None without one or without a limit."""
    with contextlib.suppress(OSError, ValueError):
        most, used = ((_CGROUP / f"memory.{name}").read_text("ascii").strip() for name in ("max", "current"))
        return max(int(most) - int(used), 0)
    return None
