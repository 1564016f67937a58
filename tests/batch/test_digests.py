"""The set of ids seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.batch.digests import DigestSet, digest


@given(st.lists(st.text(), max_size=40), st.lists(st.text(), max_size=40))
def test_it_is_a_set_of_texts(inside: list[str], others: list[str]) -> None:
    digests = DigestSet(map(digest, set(inside)))
    assert len(digests) == len(set(inside))
    assert all(text in digests for text in inside)
    assert [text in digests for text in others] == [text in set(inside) for text in others]
    assert DigestSet(map(digest, set(others))).missing_from(digests) == len(set(others) - set(inside))


@given(st.lists(st.integers(0, 20)))
def test_repeated_ones_are_found(numbers: list[int]) -> None:
    texts = [str(number) for number in numbers]
    wanted = {digest(text) for text in texts if texts.count(text) > 1}
    assert DigestSet(map(digest, texts)).repeated() == wanted
