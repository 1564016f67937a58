"""vLLM's ``/metrics``: reading the figures that matter, and what they mean between two readings.

Names from vLLM's ``v1/metrics/loggers.py``; counters gain ``_total``. Older versions have other names for a few.
"""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass, field

_SAMPLE = re.compile(r"^(vllm:\w+)(?:\{(.*)\})? (\S+)$")
_LE = re.compile(r'\ble="([^"]+)"')
_NAMES = {
    "vllm:num_requests_running": "running",
    "vllm:num_requests_waiting": "waiting",
    "vllm:kv_cache_usage_perc": "kv",
    "vllm:gpu_cache_usage_perc": "kv",
    "vllm:prompt_tokens_total": "prompt",
    "vllm:generation_tokens_total": "generation",
    "vllm:prefix_cache_queries_total": "prefix_queries",
    "vllm:prefix_cache_hits_total": "prefix_hits",
    "vllm:gpu_prefix_cache_queries_total": "prefix_queries",
    "vllm:gpu_prefix_cache_hits_total": "prefix_hits",
    "vllm:mm_cache_queries_total": "mm_queries",
    "vllm:mm_cache_hits_total": "mm_hits",
}
_TTFT = "vllm:time_to_first_token_seconds_bucket"


@dataclass(frozen=True)
class Reading:
    """One answer of ``/metrics``, summed over engines. ``ttft`` is the histogram: upper bound in seconds → requests so far.

    ``at`` is in seconds of the monotonic clock. Values that the server does not have are absent.
    """

    at: float
    values: dict[str, float] = field(default_factory=dict)
    ttft: dict[float, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """What is shown: rates in tokens per second, shares from 0 to 1, times in seconds; None: unknown."""

    running: int | None = None
    waiting: int | None = None
    kv_cache_usage: float | None = None
    prompt_tokens_per_second: float | None = None
    generation_tokens_per_second: float | None = None
    ttft_p50_seconds: float | None = None
    prefix_cache_hit_rate: float | None = None
    mm_cache_hit_rate: float | None = None


def parse(text: str, at: float | None = None) -> Reading:
    """Read the Prometheus text; lines that are something else are passed over."""
    values: dict[str, float] = {}
    ttft: dict[float, float] = {}
    engines: dict[str, int] = {}
    for line in text.splitlines():
        match = _SAMPLE.match(line)
        if match is None:
            continue
        name, labels, number = match.groups()
        try:
            value = float(number)
            if name == _TTFT and (bound := _LE.search(labels or "")):
                ttft[float(bound[1])] = ttft.get(float(bound[1]), 0.0) + value
                continue
        except ValueError:
            continue
        if known := _NAMES.get(name):
            values[known] = values.get(known, 0.0) + value
            engines[known] = engines.get(known, 0) + 1
    if engines.get("kv", 0) > 1:
        values["kv"] /= engines["kv"]
    return Reading(time.monotonic() if at is None else at, values, ttft)


def figures(now: Reading, before: Reading | None = None) -> Figures:
    """Rates between two readings; hit rates and the median of what happened between them, else since the server's start."""
    if before and any(now.values.get(name, 0) < before.values.get(name, 0) for name in ("prompt", "generation")):
        before = None  # the server was started again
    return Figures(
        running=_whole(now, "running"),
        waiting=_whole(now, "waiting"),
        kv_cache_usage=now.values.get("kv"),
        prompt_tokens_per_second=_rate(now, before, "prompt"),
        generation_tokens_per_second=_rate(now, before, "generation"),
        ttft_p50_seconds=median(_recent(now.ttft, before.ttft if before else {})) or median(now.ttft),
        prefix_cache_hit_rate=_share(now, "prefix"),
        mm_cache_hit_rate=_share(now, "mm"),
    )


def median(histogram: dict[float, float]) -> float | None:
    """The 50th percentile of a cumulative histogram, interpolated within its bucket; None when it is empty."""
    bounds = sorted(histogram)
    total = histogram[bounds[-1]] if bounds else 0
    if total <= 0:
        return None
    below, lower = 0.0, 0.0
    for bound in bounds:
        count = histogram[bound]
        if count >= total / 2:
            if bound == float("inf") or count == below:
                return lower
            return lower + (bound - lower) * (total / 2 - below) / (count - below)
        below, lower = count, bound
    return lower


def _recent(now: dict[float, float], before: dict[float, float]) -> dict[float, float]:
    return {bound: count - before.get(bound, 0.0) for bound, count in now.items()} if before else now


def _whole(reading: Reading, name: str) -> int | None:
    value = reading.values.get(name)
    return None if value is None else int(value)


def _rate(now: Reading, before: Reading | None, name: str) -> float | None:
    if before is None or name not in now.values or name not in before.values or now.at <= before.at:
        return None
    return (now.values[name] - before.values[name]) / (now.at - before.at)


def _share(reading: Reading, name: str) -> float | None:
    queries = reading.values.get(f"{name}_queries")
    return reading.values.get(f"{name}_hits", 0.0) / queries if queries else None


class History:
    """The last ``size`` figures, for sparklines."""

    def __init__(self, size: int) -> None:
        self._figures: deque[Figures] = deque(maxlen=size)
        self._last: Reading | None = None

    def add(self, reading: Reading) -> Figures:
        """Take in a reading; gives the figures since the one before."""
        found = figures(reading, self._last)
        self._last = reading
        self._figures.append(found)
        return found

    def series(self, name: str) -> list[float]:
        """One figure over time; unknown values are 0."""
        return [float(getattr(found, name) or 0.0) for found in self._figures]
