"""How many requests are under way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.batch.servers.concurrency import FRONT, LEAST, MOST, START, Pace


def settle(capacity: int, front: int = 0, rounds: int = 60) -> Pace:
    """A server that runs ``capacity`` requests and keeps up to ``front`` in its API process."""
    pace = Pace()
    for _round in range(rounds):
        inside = max(0, pace.limit - front)
        pace.observe(min(capacity, inside), max(0, inside - capacity), pace.limit)
    return pace


def test_a_small_server_gets_little_more_than_it_runs() -> None:
    assert 8 <= settle(8).limit <= 16


def test_a_large_server_is_filled() -> None:
    assert settle(256).limit >= 256


def test_a_server_busy_with_pictures_is_not_flooded() -> None:
    assert settle(512, front=10_000).limit <= 2 * FRONT


def test_a_fixed_number_stays() -> None:
    pace = Pace(7)
    pace.observe(1, 100, 7)
    pace.observe(7, 0, 7)
    assert pace.limit == 7


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 600))))
def test_it_stays_within_its_bounds(figures: list[tuple[int, int, int]]) -> None:
    pace = Pace()
    assert pace.limit == START
    for running, waiting, under_way in figures:
        pace.observe(running, waiting, under_way)
        assert LEAST <= pace.limit <= MOST
