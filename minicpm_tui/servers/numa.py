"""The memory that a vLLM for the processor counts with: not the machine's, but that of one NUMA node."""

from __future__ import annotations

import os
from pathlib import Path

_AVAILABLE = ("MemFree", "Active(file)", "Inactive(file)", "SReclaimable")


def memory(root: Path = Path("/sys/devices/system")) -> tuple[int, int]:
    """Total and available bytes of the node of the first processor that we may run on; else the machine's.

    As vLLM's ``utils/cpu_resource_utils.py`` counts them.
    """
    cpu = min(os.sched_getaffinity(0))
    for node in (root / "cpu" / f"cpu{cpu}").glob("node*"):
        try:
            lines = (root / "node" / node.name / "meminfo").read_text().splitlines()
            found = {name.rstrip(":"): int(kilobytes) << 10 for _node, _number, name, kilobytes, *_unit in map(str.split, lines)}
            return found["MemTotal"], sum(found[name] for name in _AVAILABLE)
        except (OSError, ValueError, KeyError):
            break
    import psutil

    machine = psutil.virtual_memory()
    return machine.total, machine.available
