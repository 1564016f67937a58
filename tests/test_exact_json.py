"""Names of files survive being written as JSON, whatever their bytes are."""

from __future__ import annotations

import os

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.decoding import DecodingError
from minicpm_tui.exact_json import decode_exactly, encode_exactly


class _Named(msgspec.Struct):
    path: str
    more: tuple[str, ...] = ()


@given(st.binary(), st.lists(st.text()))
def test_every_name_comes_back(name: bytes, more: list[str]) -> None:
    named = _Named(os.fsdecode(name), tuple(more))
    data = encode_exactly(named)
    assert decode_exactly(data, _Named) == named


@pytest.mark.parametrize("data", [b'{"path": "\\udcff"', b'{"path": ["\\udcff"]}', b"\\udcff", b'"\\udc'])
def test_what_is_damaged_is_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(DecodingError):
        decode_exactly(data, _Named)
