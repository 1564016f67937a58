"""The status line says what matters, in whatever room there is."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from minicpm_tui.chat.options import FIELDS
from minicpm_tui.messages import Delta, End, RequestOptions, RequestProfile, Usage
from minicpm_tui.ui.chat.changed_settings import changed_settings
from minicpm_tui.ui.chat.model import ChatModel
from minicpm_tui.ui.chat.pane import TalkPane
from minicpm_tui.ui.chat.status import status_of
from minicpm_tui.ui.chat.status_line import Status, line
from minicpm_tui.ui.chat.token_rate import TokenRate
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


def test_the_title_takes_what_room_is_left() -> None:
    status = msgspec.structs.replace(FULL, title="A cat on a sofa, and what the neighbours said about it when they came home")
    assert str(line(status, 200)).endswith("│ A cat on a sofa, and what the neighbours said about it when they came home")
    cut = line(status, 110)
    assert cut.cell_length == 110
    assert "│ A cat on a sofa" in str(cut)
    assert str(cut).endswith("…")
    assert "A cat" not in str(line(status, 40))


def test_settings_are_named_then_counted_and_stay_longer_than_figures() -> None:
    status = msgspec.structs.replace(FULL, settings=("system prompt", "thinking on", "temperature 0.2"))
    assert "system prompt · thinking on · temperature 0.2" in str(line(status, 160))
    assert "3 settings changed" in str(line(status, 60))
    assert "tokens/s" not in str(line(status, 60))


def test_only_what_is_not_the_models_own_is_a_changed_setting() -> None:
    profile = RequestProfile(temperature=0.7, knows_thinking=True, thinks_by_default=False)
    assert changed_settings(RequestOptions(temperature=0.7, thinking=False), profile) == ()
    assert changed_settings(RequestOptions(thinking=True), RequestProfile()) == ()  # it has no such switch
    set_all = RequestOptions(
        system="Be brief.",
        thinking=True,
        temperature=0.2,
        top_p=0.9,
        top_k=5,
        min_p=0.1,
        repetition_penalty=1.05,
        seed=0,
        max_tokens=9,
    )
    assert changed_settings(set_all, profile) == (
        "system prompt", "thinking on", "temperature 0.2", "top p 0.9", "top k 5", "min p 0.1", "repetition penalty 1.05",
        "at most 9 tokens", "seed 0",
    )  # fmt: skip


def test_every_setting_of_a_request_can_be_named() -> None:
    assert set(FIELDS) == set(RequestOptions.__struct_fields__) - {"model", "response_format"}  # no settings of a conversation
    for field in FIELDS:
        options = msgspec.convert({field: {"system": "x", "thinking": True}.get(field, 1)}, RequestOptions)
        assert len(changed_settings(options, RequestProfile(knows_thinking=True))) == 1, field


@given(st.integers(20, 200), st.text(max_size=60), st.lists(st.text(max_size=20), max_size=3))
def test_it_never_needs_more_than_it_has(width: int, title: str, settings: list[str]) -> None:
    assert cell_len(str(line(msgspec.structs.replace(FULL, title=title, settings=tuple(settings)), width))) <= width


def test_until_it_is_known_a_server_is_looked_for() -> None:
    model = ChatModel(Launch())
    assert status_of(model, TalkPane(model, lambda: None)).state == "connecting"


def test_the_meter_counts_tokens_by_their_own_times() -> None:
    meter = TokenRate()
    for number in range(101):
        meter.feed(Delta("content", "x", 0.5 + number / 50))
    assert meter.first_token == 0.5
    assert round(meter.per_second or 0) == 50
    assert TokenRate.of(End("stop", Usage(10, 101), seconds=2.5, first_token_seconds=0.5)) == 50
    assert TokenRate.of(End("stop")) is None
