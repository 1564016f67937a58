"""The status line says what matters, in whatever room there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from minicpm_tui.messages import Delta, End, Usage
from minicpm_tui.ui.chat.model import Current
from minicpm_tui.ui.chat.pane import TalkPane
from minicpm_tui.ui.chat.status import status_of
from minicpm_tui.ui.chat.status_line import Status, line
from minicpm_tui.ui.chat.token_rate import Meter
from minicpm_tui.ui.kit.start_options import Launch

FULL = Status("ready", "openbmb/MiniCPM-V-4_5", "127.0.0.1:8000", 3120, 32768, 54.2, 0.83)


def test_everything_when_there_is_room() -> None:
    text = str(line(FULL, 120))
    for part in ("ready", "MiniCPM-V-4_5", "127.0.0.1:8000", "3,120 of 32,768 tokens (10%)", "54 tokens/s", "first token 0.83 s"):
        assert part in text


def test_the_model_and_its_state_stay_longest() -> None:
    assert str(line(FULL, 20)) == "● MiniCPM-V-4_5"
    assert "3,120 of" in str(line(FULL, 60))
    assert "127.0.0.1" not in str(line(FULL, 60))


@given(st.integers(20, 200))
def test_it_never_needs_more_than_it_has(width: int) -> None:
    assert cell_len(str(line(FULL, width))) <= width


def test_until_it_is_known_a_server_is_looked_for() -> None:
    assert status_of(Current(Launch()), TalkPane()).state == "connecting"


def test_the_meter_counts_tokens_by_their_own_times() -> None:
    meter = Meter()
    for number in range(101):
        meter.feed(Delta("content", "x", 0.5 + number / 50))
    assert meter.first_token == 0.5
    assert round(meter.rate or 0) == 50
    assert Meter.of(End("stop", Usage(10, 101), seconds=2.5, first_token_seconds=0.5)) == 50
    assert Meter.of(End("stop")) is None
