"""API keys in what is shown or written."""

from __future__ import annotations

import html
import json
import textwrap
import time
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote

import pytest
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


ODD = "sk-a/b+c=d&e<f>\\é" + "\U0001f511"


@pytest.mark.parametrize("key", [KEY, ODD, "wxyz9/+"])
@pytest.mark.parametrize(
    "written",
    [
        lambda key: key[:3] + "\n" + key[3:],
        lambda key: "\n    ".join(textwrap.wrap(key, 4)),
        "\r\n".join,
        lambda key: json.dumps(key)[1:-1],
        lambda key: json.dumps(json.dumps(key))[3:-3],
        lambda key: json.dumps(key[:3] + "\n" + key[3:])[1:-1],
        lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
        lambda key: "".join(f"\\u{int.from_bytes(u, 'big'):04X}" for u in units(key)),
        lambda key: "".join(f"%{byte:02X}" for byte in key.encode()),
        lambda key: quote(key, safe=""),
        lambda key: quote(quote(key), safe="").lower(),
        html.escape,
        lambda key: "".join(f"&#{ord(letter)};" for letter in key),
        lambda key: "".join(f"&#x{ord(letter):X};" for letter in key),
        lambda key: repr(key.encode())[2:-1],
    ],
)
def test_a_key_is_found_however_it_is_written(key: str, written: Callable[[str], str]) -> None:
    know(key)
    assert hide(f"No: ({written(key)}).") == "No: (***)."
    assert "***" in str(ServerFailed(f"No: {written(key)}."))
    assert key[3:] not in str(ServerFailed(f"No: {written(key)}."))


def units(text: str) -> list[bytes]:
    """The units of UTF-16."""
    data = text.encode("utf-16-be")
    return [data[place : place + 2] for place in range(0, len(data), 2)]


def test_a_long_key_is_found_when_its_lines_were_joined_and_a_short_one_leaves_other_words_alone() -> None:
    know(KEY)
    assert hide(f"{KEY[:9]} {KEY[9:]} ") == "*** "
    know("wxyz9")
    assert hide("wxy z9, %20wxyz9, a\\nwxyz9, wx%79z9") == "wxy z9, %20***, a\\n***, ***"


def test_what_looks_like_the_beginning_of_a_key_a_thousand_times_takes_no_time() -> None:
    know(KEY)
    for text in ("\\", "&amp;", "%25", "s" + " " * 90, KEY[:-1]):
        began = time.process_time()
        assert hide(text * (400_000 // len(text))).startswith(text)
        assert time.process_time() - began < 5


@given(st.lists(st.integers(0, 60), max_size=6))
def test_a_key_is_found_in_a_stream_however_it_is_cut(places: list[int]) -> None:
    know(KEY)
    text = f"it is {KEY}, and sk-test- is its beginning: s"
    redaction, shown, edges = StreamRedaction(), "", sorted({0, len(text), *(min(place, len(text)) for place in places)})
    for start, end in pairwise(edges):
        shown += redaction.feed(text[start:end])
        assert KEY not in shown
    assert shown + redaction.finish() == "it is ***, and sk-test- is its beginning: s"
