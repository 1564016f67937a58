"""A slow line is known by how long the terminal takes to answer."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator

import pytest

from minicpm_tui.ui.terminal.line import RoundTrip, is_slow

SSH = {"SSH_CONNECTION": "10.0.0.2 50000 10.0.0.1 22"}


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_how_long_an_answer_takes(pipe: tuple[int, int]) -> None:
    began = time.monotonic()
    trip = RoundTrip(pipe[0], 30)
    time.sleep(0.05)
    os.write(pipe[1], b"x")
    assert 0.05 <= trip.seconds <= time.monotonic() - began
    assert os.read(pipe[0], 1) == b"x"


def test_no_answer_takes_for_ever(pipe: tuple[int, int]) -> None:
    assert RoundTrip(pipe[0], 0.01).seconds == math.inf


@pytest.mark.parametrize(
    ("wanted", "seconds", "environ", "slow"),
    [
        ("auto", 0.02, SSH, False),
        ("auto", 0.3, SSH, True),
        ("auto", math.inf, SSH, True),
        ("auto", math.inf, {}, False),
        ("yes", 0.0, {}, True),
        ("no", math.inf, SSH, False),
    ],
)
def test_which_lines_are_slow(wanted: str, seconds: float, environ: dict[str, str], slow: bool) -> None:
    assert is_slow(wanted, seconds, environ) is slow
