"""Names the main colours of a picture."""

from __future__ import annotations

import colorsys
from collections import Counter
from typing import TYPE_CHECKING

from minicpm_tui.i18n import N_

if TYPE_CHECKING:
    from PIL.Image import Image

_SAMPLE = 48
"""Pixels on the longer side of what is looked at."""
_HUES = (
    (15, N_("red")),
    (42, N_("orange")),
    (68, N_("yellow")),
    (165, N_("green")),
    (195, N_("cyan")),
    (258, N_("blue")),
    (292, N_("purple")),
    (342, N_("pink")),
    (360, N_("red")),
)
"""Each name up to that hue, in degrees."""


def name_of(red: int, green: int, blue: int) -> str:
    """The English name of a colour given as 0–255 each."""
    hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    if value < 0.16:
        return N_("black")
    if saturation < 0.14:
        return N_("white") if value > 0.88 else N_("grey")
    degrees = hue * 360
    if 10 <= degrees < 50 and value < 0.62 and saturation > 0.3:
        return N_("brown")
    if 292 < degrees <= 330 and value < 0.65:
        return N_("purple")
    return next(name for limit, name in _HUES if degrees <= limit)


def main_colours(image: Image, most: int = 3) -> tuple[tuple[str, float], ...]:
    """Up to ``most`` colour names with their share of the picture (0–1), largest first; those below 4 % are left out."""
    small = image.convert("RGB")
    small.thumbnail((_SAMPLE, _SAMPLE))
    counted: Counter[str] = Counter()
    for number, rgb in small.getcolors(_SAMPLE * _SAMPLE) or ():
        assert isinstance(rgb, tuple)
        counted[name_of(*rgb)] += number
    total = counted.total()
    return tuple((name, number / total) for name, number in counted.most_common(most) if number / total >= 0.04)
