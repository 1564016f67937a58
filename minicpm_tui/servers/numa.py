"""The memory that a vLLM for the processor counts with: not the machine's, but that of one NUMA node."""

from __future__ import annotations

import os
from pathlib import Path

from minicpm_tui.servers.processes import PROC

_AVAILABLE = ("MemFree", "Active(file)", "Inactive(file)", "SReclaimable")


def memory(root: Path = Path("/sys/devices/system")) -> tuple[int, int]:
    """Total and available bytes of the node of the first processor that we may run on; else the machine's.

    As vLLM's ``utils/cpu_resource_utils.py`` counts them.
    """
    cpu = min(os.sched_getaffinity(0))
    for node in (root / "cpu" / f"cpu{cpu}").glob("node*"):
        try:
            found = _fields((root / "node" / node.name / "meminfo").read_text())
            return found["MemTotal"], sum(found[name] for name in _AVAILABLE)
        except (OSError, ValueError, KeyError):
            break
    machine = _fields((PROC / "meminfo").read_text())
    return machine["MemTotal"], machine["MemAvailable"]


def _fields(meminfo: str) -> dict[str, int]:
    """The fields of a ``meminfo`` (proc_meminfo(5)) in bytes; those of a node begin with ``Node N``."""
    found = {}
    for line in meminfo.splitlines():
        name, _colon, value = line.rpartition(":")
        found[name.rpartition(" ")[2]] = int(value.split()[0]) << 10
    return found
