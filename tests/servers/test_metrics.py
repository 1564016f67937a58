"""Figures from ``/metrics``."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.servers.metrics import Figures, History, Reading, figures, median, parse

TEXT = (Path(__file__).parent / "metrics.txt").read_text()


def test_a_recorded_answer() -> None:
    found = figures(parse(TEXT, 0.0))
    assert (found.running, found.waiting, found.kv_cache_usage) == (0, 0, 0.0)
    assert found.prefix_cache_hit_rate == pytest.approx(87008 / 121292)
    assert found.mm_cache_hit_rate == pytest.approx(72 / 110)
    assert found.ttft_p50_seconds == pytest.approx(0.5 + 0.25 * (28.5 - 23) / 12)
    assert found.generation_tokens_per_second is None


def test_rates_between_two_readings() -> None:
    before = Reading(10.0, {"prompt": 100, "generation": 50}, {0.5: 1, 1.0: 2, float("inf"): 2})
    now = Reading(12.0, {"prompt": 300, "generation": 90}, {0.5: 1, 1.0: 6, float("inf"): 6})
    found = figures(now, before)
    assert (found.prompt_tokens_per_second, found.generation_tokens_per_second) == (100.0, 20.0)
    assert found.ttft_p50_seconds == pytest.approx(0.75)


def test_a_restarted_server_gives_no_negative_rates() -> None:
    found = figures(Reading(2.0, {"prompt": 1, "generation": 1}), Reading(1.0, {"prompt": 9, "generation": 9}))
    assert found.prompt_tokens_per_second is None


def test_engines_are_summed_and_their_cache_use_is_averaged() -> None:
    text = "\n".join(
        f'vllm:{name}{{engine="{engine}"}} {value}'
        for engine in (0, 1)
        for name, value in [("num_requests_running", 2), ("kv_cache_usage_perc", 0.5)]
    )
    found = figures(parse(text))
    assert (found.running, found.kv_cache_usage) == (4, 0.5)


def test_history_keeps_the_last() -> None:
    history = History(2)
    for second in range(4):
        history.add(Reading(float(second), {"prompt": 10.0 * second * second, "generation": 0.0}))
    assert history.series("prompt_tokens_per_second") == [30.0, 50.0]


@given(st.text(max_size=300))
def test_anything_else_is_passed_over(text: str) -> None:
    assert isinstance(figures(parse(text)), Figures)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8))
def test_the_median_lies_within_the_bounds(counts: list[int]) -> None:
    total = 0
    histogram = {}
    for bound, count in enumerate(counts, 1):
        total += count
        histogram[float(bound)] = float(total)
    found = median(histogram)
    assert found is None if total == 0 else found is not None and 0 <= found <= len(counts)
