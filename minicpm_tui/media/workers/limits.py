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
SILENT_SECONDS = 60.0
MOST_SECONDS = 300.0

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Limits:
    """``memory`` in bytes, ``silent`` seconds without a sign that it gets on, ``seconds`` altogether."""

    memory: int = MOST_MEMORY
    silent: float = SILENT_SECONDS
    seconds: float = MOST_SECONDS


def affordable(memory: int = MOST_MEMORY) -> int:
    """``memory`` bytes, or half of what this machine (or this container) has left where that is less; ``LEAST_MEMORY`` at least.
    Blocks a moment."""
    free = [found for found in (_machine(), _container()) if found is not None]
    return max(LEAST_MEMORY, min([memory, *(each // 2 for each in free)]))


def restrict(memory: int) -> None:
    """Let this process allocate no more than ``memory`` bytes: then allocating fails, which libraries report.

    RLIMIT_DATA counts what is written privately, also of anonymous mappings since Linux 4.7 (getrlimit(2)). RLIMIT_AS would
    count libraries, thread stacks and files that are mapped as well, several hundred megabytes that nobody uses.
    """
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (memory if hard == resource.RLIM_INFINITY else min(memory, hard), hard))


def resident() -> int:
    """Bytes of memory that this process holds now; 0 where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()
    return 0


def peak() -> int:
    """The most bytes of memory that this process has held since ``forget_peak``; 0 where the system does not say."""
    with contextlib.suppress(OSError):
        found = re.search(r"^VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text("utf-8"), re.MULTILINE)
        return int(found[1]) << 10 if found else 0
    return 0


def forget_peak() -> None:
    """Count the peak anew (proc_pid_clear_refs(5))."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")


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
