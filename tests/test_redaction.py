"""API keys in what is shown or written."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.errors import ServerFailed
from minicpm_tui.redaction import StreamRedaction, hide, know

KEY = "sk-test-7f3a9c2e41"


def test_a_known_key_is_in_no_error() -> None:
    know(KEY)
    error = ServerFailed(f"key {KEY}: no", hint=f"not {KEY}", title=f"{KEY}!")
    assert KEY not in str(error)
    assert error.info.message == "key ***: no"


def test_a_short_key_is_hidden_as_a_word_only() -> None:
    know("wxyz9")
    assert hide("Bearer wxyz9, wxyz9a") == "Bearer ***, wxyz9a"
    know("ab")
    assert hide("ab about") == "ab about"


@given(st.lists(st.integers(0, 60), max_size=6))
def test_a_key_is_found_in_a_stream_however_it_is_cut(places: list[int]) -> None:
    know(KEY)
    text = f"it is {KEY}, and sk-test- is its beginning: s"
    redaction, shown, edges = StreamRedaction(), "", sorted({0, len(text), *(min(place, len(text)) for place in places)})
    for start, end in pairwise(edges):
        shown += redaction.feed(text[start:end])
        assert KEY not in shown
    assert shown + redaction.finish() == "it is ***, and sk-test- is its beginning: s"
