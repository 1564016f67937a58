"""A slow line is known by how long the terminal takes to answer."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator

import pytest

from minicpm_tui.config import load
from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.kit.start_options import Launch
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


@pytest.mark.parametrize(("environ", "wanted", "slow"), [(SSH, "auto", True), ({}, "auto", False), (SSH, "no", False)])
async def test_a_line_that_turns_out_to_be_slow(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], wanted: str, slow: bool
) -> None:
    for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    app = MinicpmApp(Launch(load({"slow_line": wanted})))
    async with app.run_test():
        app.line_measured(slow=True)
        assert app.terminal.slow is slow
