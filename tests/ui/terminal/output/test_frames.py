"""One frame is on its way at a time; keys are not kept waiting; a terminal that never answers is not waited for."""

from __future__ import annotations

import pytest

from minicpm_tui.ui.terminal.output.frames import LONGEST_SECONDS, SHORTEST_SECONDS, Frames


def answering(trip: float = 0.01) -> Frames:
    frames = Frames()
    frames.written(0.0, 500, asked=frames.asks)
    frames.answered(trip)
    return frames


def test_the_next_frame_waits_for_the_answer() -> None:
    frames = answering()
    frames.written(1.0, 500, asked=True)
    assert frames.wait(1.5, for_key=False) == pytest.approx(LONGEST_SECONDS - 0.5)
    frames.answered(1.6)
    assert frames.wait(1.6, for_key=False) == 0


def test_frames_keep_their_distance() -> None:
    frames = answering()
    frames.written(1.0, 500, asked=True)
    frames.answered(1.01)
    assert frames.wait(1.02, for_key=False) == pytest.approx(SHORTEST_SECONDS - 0.02)
    assert frames.wait(1.0 + SHORTEST_SECONDS, for_key=False) == 0


def test_a_key_is_shown_at_once_but_does_not_fill_the_line() -> None:
    frames = answering()
    shown = 0
    while frames.wait(1.0, for_key=True) == 0 and shown < 10:
        frames.written(1.0, 500, asked=True)
        shown += 1
    assert 1 < shown < 5


def test_an_answer_that_does_not_come_is_not_waited_for_long() -> None:
    frames = answering()
    frames.written(1.0, 500, asked=True)
    assert frames.wait(1.0 + LONGEST_SECONDS, for_key=False) == 0


def test_a_terminal_that_never_answered_is_asked_once_and_not_waited_for() -> None:
    frames = Frames()
    asked = frames.asks
    assert asked
    frames.written(0.0, 500, asked=asked)
    assert frames.wait(0.01, for_key=False) == 0
    assert not frames.asks
    assert frames.wait(LONGEST_SECONDS, for_key=False) == 0
    assert not frames.asks


def test_one_that_answers_no_more_is_not_waited_for_and_taken_up_when_it_does() -> None:
    frames = answering()
    for second in range(1, 9, 2):
        frames.written(float(second), 500, asked=frames.asks)
        frames.wait(second + LONGEST_SECONDS, for_key=False)
    assert not frames.asks
    frames.answered(12.0)
    assert frames.asks


@pytest.mark.parametrize(("trip", "slow"), [(0.02, False), (0.3, True)])
def test_what_an_answer_takes_tells_a_slow_line(trip: float, slow: bool) -> None:
    frames = answering(trip)
    assert frames.slow is None, "one answer tells nothing yet"
    for second in range(1, 5):
        frames.written(float(second), 500, asked=True)
        frames.answered(second + trip)
    assert frames.slow is slow


def test_what_a_large_frame_takes_tells_a_narrow_line() -> None:
    frames = answering(0.02)
    for second in range(1, 9):
        size = 8_000 if second % 2 else 200
        frames.written(float(second), size, asked=True)
        frames.answered(second + 0.02 + size * 8 / 64_000 * (size > 1000))
    assert frames.slow is True
