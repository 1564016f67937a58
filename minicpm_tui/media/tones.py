"""Values of more than eight bits, signed or of floating point, as grey of eight bits: which one is black and which is white."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from minicpm_tui.i18n import _
from minicpm_tui.media.notes import remember

if TYPE_CHECKING:
    from PIL.Image import Image

_DEPTHS = (1, 2, 4, 8, 10, 12, 14, 16)
"""Bits that cameras, microscopes and scanners have."""

_FLOAT_TOPS = (1.0, 255.0, 65535.0)
_DARKEST = 0.4  # of a usual top: what stays below it is meant otherwise


_DARK = 64  # of 255, where 16 bits hold 14 or fewer


class Range(NamedTuple):
    """The values that are shown as black and as white."""

    low: float
    high: float


FULL_16 = Range(0, 65535)
UNIT = Range(0, 1)


def shown_range(values: Range, natural: Range, scale: str | None, *, real: bool = False) -> Range:
    """What is black and what is white, where the picture's values lie within ``values``.

    ``natural`` is what the file's kind of number means by itself. ``scale`` is the user's wish: ``full`` for that, ``fit`` for
    ``values``, or two numbers with a comma between them. ``real``: of floating point.
    """
    if scale == "full":
        return natural
    if scale == "fit":
        return _apart(values)
    if scale:
        low, _comma, high = scale.partition(",")
        return Range(float(low), float(high))
    if values.low < 0:
        return _apart(values)
    if real:
        tops = (top for top in _FLOAT_TOPS if _DARKEST * top < values.high <= top)
        return Range(0, next(tops, values.high) or 1.0)
    tops = (float(2**depth - 1) for depth in _DEPTHS if values.high < 2**depth)
    return Range(0, min(next(tops, values.high), natural.high))


def grey(planes: Sequence[Image], values: Range, shown: Range, *, inverted: bool = False) -> list[Image]:
    """Planes of numbers (I, F or I;16) as grey of eight bits (L). ``inverted``: the lowest is white."""
    if values == shown == Range(0, 255) and all(plane.mode == "L" for plane in planes) and not inverted:
        return list(planes)
    black, white = (shown.high, shown.low) if inverted else shown
    scale = 255 / ((white - black) or 1)
    return [_numbers(plane).point(lambda value: value * scale - black * scale + 0.5).convert("L") for plane in planes]


def values_of(planes: Sequence[Image]) -> Range:
    """The least and the largest value."""
    extrema = [plane.getextrema() for plane in planes]
    lows, highs = zip(*((float(low), float(high)) for low, high in extrema), strict=True)  # type: ignore[arg-type]
    return Range(min(lows), max(highs))


def without_holes(plane: Image) -> Image:
    """A plane of floating point whose values that are no numbers, or infinite, are 0: they would spread when it is reduced."""
    from PIL import Image as Images
    from PIL import ImageMath

    numbers = ImageMath.lambda_eval(lambda names: names["a"] - names["a"] == 0, a=plane)
    if numbers.getextrema()[0]:
        return plane
    mask = numbers.point(lambda value: value * 255 + 0).convert("L")
    return Images.composite(plane, Images.new("F", plane.size), mask)


def is_dark(image: Image) -> bool:
    """The upper eight bits of sixteen are all small: the picture has fourteen bits or fewer."""
    colours = image.convert("RGB").getextrema()
    return all(isinstance(high, int) and high < _DARK for _low, high in colours)  # type: ignore[misc]


def say_range(image: Image, shown: Range, natural: Range, scale: str | None) -> None:
    """Let it be known what is black and white, unless that is as usual or as the user asked."""
    if scale is None and shown != natural:
        text = _("values from {low} to {high} are shown as black to white; #scale=LOW,HIGH chooses others")
        remember(image, text.format(low=_written(shown.low), high=_written(shown.high)))


def _apart(values: Range) -> Range:
    return values if values.high > values.low else Range(values.low, values.low + 1)


def _numbers(plane: Image) -> Image:
    return plane if plane.mode == "F" else (plane.convert("I") if plane.mode.startswith("I;") else plane).convert("F")


def _written(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:.4g}"
