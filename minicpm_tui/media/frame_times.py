"""Which moments of a video are sent. Pure arithmetic."""

from __future__ import annotations

import math

LEAST = 8


def frame_count(seconds: float, limit: int, asked: int | None = None) -> int:
    """One frame a second, at least ``LEAST``; what the user asked for instead; never more than ``limit``."""
    return min(asked if asked is not None else max(math.floor(seconds), LEAST), limit)


def frame_times(first: float, last: float, count: int) -> list[float]:
    """``count`` moments in seconds, uniform from ``first`` to ``last`` inclusive."""
    if count == 1 or last <= first:
        return [first]
    return [first + (last - first) * index / (count - 1) for index in range(count)]
