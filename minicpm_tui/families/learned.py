"""Which slicing a server has, from what it counted for pictures: its settings cannot be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from minicpm_tui.families.family import Family
from minicpm_tui.families.processing import sliced
from minicpm_tui.families.slices import Size
from minicpm_tui.families.tokens import image_tokens

MOST_SLICES = 36
_TOKEN_SIDES = (56, 28)


class Slicing(NamedTuple):
    """``max_slices`` of a picture; ``token_side``: a token stands for so many pixels squared, 0 where that is fixed."""

    max_slices: int
    token_side: int = 0


def slicing_of(family: Family, sizes: Sequence[Size], counted: int, *, doubt: int) -> Slicing | None:
    """The slicing by which pictures of these ``sizes`` cost ``counted`` tokens, give or take ``doubt``.

    None where the family's own explains the count, or none does. Of several that cost the same the family's own number,
    else the one with most slices.
    """
    if not sizes or abs(_cost(family, sizes) - counted) <= doubt:
        return None
    sides = (0,) if family.slicing.query_tokens else _TOKEN_SIDES
    found = [Slicing(count, side) for side in sides for count in range(MOST_SLICES, 0, -1)]
    far = {each: abs(_cost(sliced(family, each.max_slices, each.token_side), sizes) - counted) for each in found}
    own = family.slicing.max_slices
    best = min(found, key=lambda each: (far[each], each.max_slices != own))
    return best if far[best] <= doubt else None


def _cost(family: Family, sizes: Sequence[Size]) -> int:
    return sum(image_tokens(family, *size, index=index) for index, size in enumerate(sizes))
