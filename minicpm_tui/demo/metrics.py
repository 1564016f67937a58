"""Counts what the demo server does and tells it with vLLM's metric names.

Source of names, labels and buckets: ``/metrics`` of vLLM 0.32.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator

from minicpm_tui.demo.cache import MediaCache

CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8"
_FIRST_TOKEN = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0)
_BETWEEN = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0)
_REQUEST = (0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0, 480.0, 960.0)
_REASONS = ("stop", "length", "abort", "error", "repetition")


class Histogram:
    """Counts observations (seconds) into cumulative buckets."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def lines(self, name: str, labels: str) -> Iterator[str]:
        """The metric ``name`` as ``/metrics`` tells it; ``labels`` are written as they stand there."""
        total = 0
        for bound, number in zip((*map(str, self._bounds), "+Inf"), self._counts, strict=True):
            total += number
            yield f'{name}_bucket{{engine="0",le="{bound}",{labels}}} {float(total)}'
        yield f'{name}_count{{engine="0",{labels}}} {float(total)}'
        yield f'{name}_sum{{engine="0",{labels}}} {self._sum}'


class Metrics:
    """The server's counters. Changed on the event loop only."""

    def __init__(self) -> None:
        self.running = 0
        self.waiting = 0
        self.prompt_tokens = 0
        self.generation_tokens = 0
        self.cached_tokens = 0
        self.finished = dict.fromkeys(_REASONS, 0)
        self.aborted = 0
        """Replies whose client went away; vLLM counts them nowhere."""
        self.held_tokens = 0
        self.first_token = Histogram(_FIRST_TOKEN)
        self.between_tokens = Histogram(_BETWEEN)
        self.whole_request = Histogram(_REQUEST)
        self.queue = Histogram(_REQUEST)
        self.prefill = Histogram(_REQUEST)
        self.decode = Histogram(_REQUEST)
        self.started = time.time()

    def text(self, model: str, cache: MediaCache, capacity: int) -> str:
        """The exposition; ``capacity`` is how many tokens the imagined KV cache holds."""
        labels = f'model_name="{model}"'
        lines: list[str] = [
            "# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.",
            "# TYPE process_start_time_seconds gauge",
            f"process_start_time_seconds {self.started}",
        ]
        for name, value in self._gauges(capacity).items():
            lines += [f"# TYPE {name} gauge", f'{name}{{engine="0",{labels}}} {float(value)}']
        for name, count in self._counters(cache).items():
            lines += [f"# TYPE {name} counter", f'{name}{{engine="0",{labels}}} {float(count)}']
        lines.append("# TYPE vllm:request_success_total counter")
        for reason, count in self.finished.items():
            lines.append(f'vllm:request_success_total{{engine="0",finished_reason="{reason}",{labels}}} {float(count)}')
        for name, histogram in self._histograms().items():
            lines += [f"# TYPE {name} histogram", *histogram.lines(name, labels)]
        return "\n".join(lines) + "\n"

    def _gauges(self, capacity: int) -> dict[str, float]:
        return {
            "vllm:num_requests_running": self.running,
            "vllm:num_requests_waiting": self.waiting,
            "vllm:kv_cache_usage_perc": min(1.0, self.held_tokens / capacity),
        }

    def _counters(self, cache: MediaCache) -> dict[str, int]:
        return {
            "vllm:prefix_cache_queries_total": self.prompt_tokens,
            "vllm:prefix_cache_hits_total": self.cached_tokens,
            "vllm:mm_cache_queries_total": cache.queries,
            "vllm:mm_cache_hits_total": cache.hits,
            "vllm:num_preemptions_total": 0,
            "vllm:prompt_tokens_total": self.prompt_tokens,
            "vllm:generation_tokens_total": self.generation_tokens,
        }

    def _histograms(self) -> dict[str, Histogram]:
        return {
            "vllm:time_to_first_token_seconds": self.first_token,
            "vllm:inter_token_latency_seconds": self.between_tokens,
            "vllm:e2e_request_latency_seconds": self.whole_request,
            "vllm:request_queue_time_seconds": self.queue,
            "vllm:request_prefill_time_seconds": self.prefill,
            "vllm:request_decode_time_seconds": self.decode,
        }
