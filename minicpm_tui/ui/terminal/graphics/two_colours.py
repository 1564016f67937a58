"""The two colours of each cell that come nearest to its pixels, and which of its parts have which.

Lloyd's algorithm (k-means with two means) in all cells at once. It runs on whole pictures in Pillow: a loop over cells in
Python would take ten times as long, and numpy would be the largest of what the program installs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image

    from minicpm_tui.ui.terminal.graphics.symbols import Symbols

ROUNDS = 2
"""How often parts change sides; more of it is seen by nobody."""

_WEIGHTS = (2.0, 4.0, 1.0)
"""How much a difference in red, green and blue counts."""
_NONE = 1e-3
"""Below this share of a cell nothing of it is on."""


@dataclass(frozen=True)
class TwoColours:
    """``parts``: a byte a cell, row by row, the place in ``Symbols.characters``. ``over`` and ``under`` have a pixel a cell."""

    parts: bytes
    over: Image
    under: Image


class _Evaluate(Protocol):
    def __call__(self, expression: Callable[..., Any], **images: Image) -> Image: ...


def two_colours(pixels: Image, symbols: Symbols) -> TwoColours:
    """The cells that show ``pixels``, an RGB picture of one pixel for each part."""
    from PIL import ImageMath

    evaluate: _Evaluate = ImageMath.lambda_eval
    cell = (symbols.across, symbols.down)
    bands = [band.convert("F") for band in pixels.split()]
    means = [band.reduce(cell) for band in bands]
    on = _beginning(evaluate, pixels, bands, means, cell)
    over, under = _colours(evaluate, on, bands, means, cell)
    for _round in range(ROUNDS):
        on = _nearer_over(evaluate, pixels, bands, over, under)
        over, under = _colours(evaluate, on, bands, means, cell)
    return TwoColours(_codes(evaluate, on, symbols), _merged(evaluate, over), _merged(evaluate, under))


def _beginning(
    evaluate: _Evaluate, pixels: Image, bands: Sequence[Image], means: Sequence[Image], cell: tuple[int, int]
) -> Image:
    """1 where a pixel has more than its cell's mean of the primary that differs most in the cell, else 0.

    Brightness would not tell red from a green of the same brightness.
    """
    spans = [
        evaluate(
            lambda of, weight=weight: (of["square"] - of["mean"] * of["mean"]) * weight,
            square=evaluate(lambda of: of["band"] * of["band"], band=band).reduce(cell),
            mean=mean,
        )
        for band, mean, weight in zip(bands, means, _WEIGHTS, strict=True)
    ]
    widest = evaluate(lambda of: of["max"](of["max"](of["red"], of["green"]), of["blue"]), **_named(spans))
    chosen = [evaluate(lambda of: of["float"](of["span"] >= of["widest"]), span=span, widest=widest) for span in spans]
    return evaluate(
        lambda of: of["float"](of["along"] > of["middle"]),
        along=_sum(evaluate, [_product(evaluate, band, _spread(one, pixels)) for band, one in zip(bands, chosen, strict=True)]),
        middle=_spread(_sum(evaluate, [_product(evaluate, *both) for both in zip(means, chosen, strict=True)]), pixels),
    )


def _product(evaluate: _Evaluate, one: Image, other: Image) -> Image:
    return evaluate(lambda of: of["one"] * of["other"], one=one, other=other)


def _sum(evaluate: _Evaluate, bands: Sequence[Image]) -> Image:
    return evaluate(lambda of: of["red"] + of["green"] + of["blue"], **_named(bands))


def _named(bands: Sequence[Image]) -> dict[str, Image]:
    return dict(zip(("red", "green", "blue"), bands, strict=True))


def _spread(cells: Image, pixels: Image) -> Image:
    """Each cell's value for all of its parts."""
    from PIL.Image import Resampling

    return cells.resize(pixels.size, Resampling.NEAREST)


def _colours(
    evaluate: _Evaluate, on: Image, bands: Sequence[Image], means: Sequence[Image], cell: tuple[int, int]
) -> tuple[list[Image], list[Image]]:
    """The mean of what is on in each cell, and of what is off, band by band."""
    share = on.reduce(cell)
    over, under = [], []
    for band, mean in zip(bands, means, strict=True):
        lit = _product(evaluate, band, on).reduce(cell)
        over.append(evaluate(lambda of: of["lit"] / of["max"](of["share"], _NONE), lit=lit, share=share))
        under.append(
            evaluate(lambda of: (of["mean"] - of["lit"]) / of["max"](1 - of["share"], _NONE), lit=lit, share=share, mean=mean)
        )
    return over, under


def _nearer_over(
    evaluate: _Evaluate, pixels: Image, bands: Sequence[Image], over: Sequence[Image], under: Sequence[Image]
) -> Image:
    """1 where a pixel lies on the side of ``over`` of the plane half way between the two colours of its cell, else 0."""
    along, middle = [], []
    for band, one, other, weight in zip(bands, over, under, _WEIGHTS, strict=True):
        step = evaluate(lambda of, weight=weight: (of["one"] - of["other"]) * weight, one=one, other=other)
        middle.append(evaluate(lambda of: of["step"] * (of["one"] + of["other"]) * 0.5, step=step, one=one, other=other))
        along.append(_product(evaluate, band, _spread(step, pixels)))
    return evaluate(
        lambda of: of["float"](of["along"] > of["middle"]),
        along=_sum(evaluate, along),
        middle=_spread(_sum(evaluate, middle), pixels),
    )


def _codes(evaluate: _Evaluate, on: Image, symbols: Symbols) -> bytes:
    """Which parts are on, as places among the characters."""
    from PIL import Image as Pictures

    lines = [bytes(1 << (line * symbols.across + place) for place in range(symbols.across)) for line in range(symbols.down)]
    columns, rows = on.width // symbols.across, on.height // symbols.down
    values = Pictures.frombytes("L", on.size, b"".join(line * columns for line in lines) * rows).convert("F")
    mean = _product(evaluate, on, values).reduce((symbols.across, symbols.down))
    parts = evaluate(lambda of: of["mean"] * symbols.parts + 0.5, mean=mean)
    return parts.convert("L").tobytes()


def _merged(evaluate: _Evaluate, bands: Sequence[Image]) -> Image:
    """The bands as one RGB picture; Pillow would cut off fractions."""
    from PIL.Image import merge

    return merge("RGB", [evaluate(lambda of: of["band"] + 0.5, band=band).convert("L") for band in bands])
