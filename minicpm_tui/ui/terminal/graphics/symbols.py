"""Characters that divide a cell into equal parts, each of them on or off.

Sources: Unicode 1.1 and 3.2 (block elements, https://www.unicode.org/charts/PDF/U2580.pdf), Unicode 13 (sextants,
https://www.unicode.org/charts/PDF/U1FB00.pdf), Unicode 16 (octants, https://www.unicode.org/charts/PDF/U1CC00.pdf).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

Blocks = Literal["half", "quadrants", "sextants", "octants"]
BLOCKS: tuple[Blocks, ...] = ("half", "quadrants", "sextants", "octants")
"""Every way, the coarsest and most widespread first."""


class Symbols(msgspec.Struct, frozen=True):
    """``characters`` for a cell of ``across``×``down`` parts.

    A character's place is the sum of 2 to the power of the number of each part that is on; parts are numbered from 0, line by
    line.
    """

    across: int
    down: int
    characters: str

    @property
    def parts(self) -> int:
        """Parts of a cell."""
        return self.across * self.down


def _sextants() -> Iterator[str]:
    """All in the order of their parts, but for the four that Unicode had before."""
    code = 0x1FB00
    before = {0: " ", 0b010101: "▌", 0b101010: "▐", 0b111111: "█"}
    for parts in range(64):
        yield before.get(parts) or chr(code)
        code += parts not in before


_QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
_QUARTERS = {
    0x01: "\U0001cea8",
    0x02: "\U0001ceab",
    0x03: "\U0001fb82",
    0x14: "\U0001fbe6",
    0x28: "\U0001fbe7",
    0x3F: "\U0001fb85",
    0x40: "\U0001cea3",
    0x80: "\U0001cea0",
    0xC0: "▂",
    0xFC: "▆",
}
"""Octants that are one or three quarters of the height, or half of the width of one quarter."""


def _octants() -> Iterator[str]:
    """All in the order of their parts, but for what Unicode has elsewhere."""
    code = 0x1CD00
    quadrants = dict(zip(map(_doubled, range(16)), _QUADRANTS, strict=True))
    before = quadrants | _QUARTERS
    for parts in range(256):
        yield before.get(parts) or chr(code)
        code += parts not in before


def _doubled(parts: int) -> int:
    """A quadrant's parts as those of an octant."""
    upper, lower = parts & 3, parts >> 2
    return upper * 0b101 | lower * 0b1010000


SYMBOLS: dict[Blocks, Symbols] = {
    "half": Symbols(1, 2, " ▀▄█"),
    "quadrants": Symbols(2, 2, _QUADRANTS),
    "sextants": Symbols(2, 3, "".join(_sextants())),
    "octants": Symbols(2, 4, "".join(_octants())),
}
