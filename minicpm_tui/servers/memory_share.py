"""The part of a GPU's memory that a vLLM takes for itself."""

from __future__ import annotations

from minicpm_tui.versions import at_least

_LARGER_SINCE = "0.30.0"


def memory_share(utilization: object, version: str = "") -> float:
    """From 0 to 1: ``utilization`` where that is a number, as ``--gpu-memory-utilization`` was given, else vLLM's default.

    ``version`` is vLLM's; an unknown (empty) one counts as the newest.
    """
    if isinstance(utilization, int | float):
        return float(utilization)
    return 0.92 if at_least(version, _LARGER_SINCE) else 0.9
