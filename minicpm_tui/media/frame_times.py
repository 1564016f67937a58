"""Which moments of a video are sent. Pure arithmetic."""

from __future__ import annotations

import math

LEAST = 8
DEFAULT_NUM_FRAMES = 32
"""What vLLM takes of a video unless ``--media-io-kwargs`` says otherwise; it drops the rest without a word."""


def frame_limit(family_limit: int, num_frames: int | None, tokens_left: int | None, tokens_a_frame: int) -> int:
    """The most frames that make sense: the family's, the server's and what the context leaves; at least one.

    A server's ``num_frames`` of -1 takes all.
    """
    server = DEFAULT_NUM_FRAMES if num_frames is None else num_frames
    limit = min(family_limit, server) if server > 0 else family_limit
    if tokens_left is not None:
        limit = min(limit, tokens_left // tokens_a_frame)
    return max(limit, 1)


def frame_count(seconds: float, limit: int, asked: int | None = None) -> int:
    """One frame a second, at least ``LEAST``; what the user asked for instead; never more than ``limit``."""
    return min(asked if asked is not None else max(math.floor(seconds), LEAST), limit)


def frame_times(first: float, last: float, count: int) -> list[float]:
    """``count`` moments in seconds, uniform from ``first`` to ``last`` inclusive."""
    if count == 1 or last <= first:
        return [first]
    return [first + (last - first) * index / (count - 1) for index in range(count)]
