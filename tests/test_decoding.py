"""JSON and TOML of any bytes."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.decoding import (
    DEPTH_LIMIT,
    DecodingError,
    decode_json,
    decode_toml,
    json_object,
    json_value,
    lenient_json,
    whole_text,
)

NO_UTF8 = b'{"name": "caf\xe9"}'
DEEP = b"[" * 100_000 + b"]" * 100_000
DEEP_INSIDE = b'{"name": "x", "other": ' + DEEP + b"}"


@pytest.mark.parametrize("data", [NO_UTF8, DEEP, DEEP_INSIDE, b"", b"{", b"NaN", b'"\\ud83d"'])
def test_whatever_is_wrong_is_one_kind_of_error(data: bytes) -> None:
    for decode in (json_value, json_object, lambda each: decode_json(each, dict[str, str])):
        with pytest.raises(DecodingError):
            decode(data)


def test_what_can_be_decoded_can_also_be_walked_through() -> None:
    data = b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT
    assert json_value(data) == lenient_json(data)
    for decode in (json_value, lenient_json):
        with pytest.raises(DecodingError, match="nested too deep"):
            decode(b"[" + data + b"]" + b" ")
        with pytest.raises(DecodingError, match="larger than"):
            decode(b" " * 2_000_000 + b"1", limit=1_000_000)


def test_the_lenient_way_takes_what_can_be_understood() -> None:
    assert lenient_json(b"\xef\xbb\xbf" + NO_UTF8) == {"name": "caf\ufffd"}
    assert lenient_json(b'["a\tb", NaN]')[0] == "a\tb"


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_never_raise_anything_else(data: bytes) -> None:
    for decode in (json_value, lenient_json, decode_toml):
        with contextlib.suppress(DecodingError):
            decode(data)


def test_toml_is_held_to_the_same() -> None:
    assert decode_toml(b'a = "b"') == {"a": "b"}
    for data in (b"a = '\xe9'", b"a = " + DEEP, b"a ="):
        with pytest.raises(DecodingError):
            decode_toml(data)


@pytest.mark.parametrize(
    ("text", "whole"), [("\ud83d\ude00", "😀"), ("a \ud83d b", "a \ufffd b"), ("\ude00", "\ufffd"), ("plain 中文", "plain 中文")]
)
def test_halves_of_surrogate_pairs_become_whole_characters(text: str, whole: str) -> None:
    assert whole_text(text) == whole
