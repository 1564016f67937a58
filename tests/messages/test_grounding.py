"""The places in a picture that a reply names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.messages.grounding import Region, regions_of

BOX = ((0.1, 0.2), (0.3, 0.2), (0.3, 0.4), (0.1, 0.4))


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("<ref>cat</ref><box>100 200 300 400</box>", [Region("cat", BOX)]),
        ("It is at <box>100 200 300 400</box>.", [Region("", BOX)]),
        ("<ref> a\nred  cat </ref>:\n<box>100, 200, 300, 400</box>", [Region("a red cat", BOX)]),
        ("<box>[[100, 200, 300, 400]]</box>", [Region("", BOX)]),
        ("<box>100 200 300 400<box>", [Region("", BOX)]),
        ("<ref>cats</ref><box>100 200 300 400</box><box>0 0 1000 1000</box>",
         [Region("cats", BOX), Region("cats", ((0, 0), (1, 0), (1, 1), (0, 1)))]),
        ("<box>100 200 300 400 100 200 300 400</box>", [Region("", BOX)] * 2),
        ("<ref>a</ref> is no cat, but this is: <box>100 200 300 400</box>", [Region("", BOX)]),
        ("<ref>sign</ref><quad>0 0 1000 100 1000 1000 0 900</quad>", [Region("sign", ((0, 0), (1, 0.1), (1, 1), (0, 0.9)))]),
        ("<point>500 250</point>", [Region("", ((0.5, 0.25),))]),
        ("<box>1 2 3</box><box></box><box>0 0 1920 1080</box><box>x</box><ref>cat</ref>", []),
        ("a<b and c>d", []),
    ],
)  # fmt: skip
def test_places(text: str, regions: list[Region]) -> None:
    assert list(regions_of(text)) == regions


@given(st.text(alphabet="<>/box ref quad 0123456789,.[]"))
def test_every_place_is_in_the_picture(text: str) -> None:
    assert all(0 <= value <= 1 for region in regions_of(text) for corner in region.corners for value in corner)
