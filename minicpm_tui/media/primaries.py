"""The colours that red, green and blue stand for, and profiles made from them."""

from __future__ import annotations

import struct
from functools import cache

Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""x and y of white, red, green and blue (CIE 1931)."""

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]

SRGB: Chromaticities = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
ADOBE_RGB: Chromaticities = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
BT2020: Chromaticities = (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
P3: Chromaticities = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
BY_NUMBER: dict[int, Chromaticities] = {1: SRGB, 9: BT2020, 12: P3}
"""As ITU-T H.273 numbers them."""

SRGB_CURVE = 0.0
"""In the place of a gamma: the transfer function of sRGB."""

_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_D50 = (0.9642, 1.0, 0.8249)  # ICC's white


def between(primaries: Chromaticities) -> Matrix:
    """From linear light of these primaries to that of sRGB's."""
    return _product(_inverse(_to_xyz(SRGB)), _to_xyz(primaries))


@cache
def profile(primaries: Chromaticities, gamma: float, *, grey: bool = False) -> bytes:
    """An ICC profile (version 4; ICC.1:2022) of these primaries and that gamma, or ``SRGB_CURVE``.

    Raises ValueError for primaries that are none.
    """
    try:
        to_xyz = _to_xyz(primaries)
        white = _times(to_xyz, (1, 1, 1))
        scale = [to / of for to, of in zip(_times(_BRADFORD, _D50), _times(_BRADFORD, white), strict=True)]
    except ZeroDivisionError as error:
        raise ValueError(primaries) from error
    adapted = _product(
        _product(_inverse(_BRADFORD), ((scale[0], 0, 0), (0, scale[1], 0), (0, 0, scale[2]))), _product(_BRADFORD, to_xyz)
    )
    curve = _parametric(gamma)
    tags = {b"desc": _text("made of primaries"), b"cprt": _text("none"), b"wtpt": _xyz(_D50)}
    if grey:
        tags[b"kTRC"] = curve
    else:
        tags |= {name + b"TRC": curve for name in (b"r", b"g", b"b")}
        tags |= {name + b"XYZ": _xyz(tuple(row[at] for row in adapted)) for at, name in enumerate((b"r", b"g", b"b"))}
    table, body, at = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    space = b"GRAY" if grey else b"RGB "
    head = struct.pack(">I4xI4s4s4s12x4s", at + len(body), 0x04400000, b"mntr", space, b"XYZ ", b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", *(round(value * 65536) for value in _D50))
    return head.ljust(128, b"\0") + table + body


def _parametric(gamma: float) -> bytes:
    if gamma == SRGB_CURVE:
        return b"para" + struct.pack(
            ">4xH2x5i", 3, *(round(value * 65536) for value in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
        )
    return b"para" + struct.pack(">4xH2xi", 0, round(gamma * 65536))


def _text(words: str) -> bytes:
    data = words.encode("utf-16-be")
    return b"mluc" + struct.pack(">4xII4sII", 1, 12, b"enUS", len(data), 28) + data


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + struct.pack(">4x3i", *(round(value * 65536) for value in values))


def _to_xyz(primaries: Chromaticities) -> Matrix:
    """From linear RGB to XYZ."""
    white, *columns = [(x / y, 1.0, (1 - x - y) / y) for x, y in zip(primaries[::2], primaries[1::2], strict=True)]
    bare = _turned((columns[0], columns[1], columns[2]))
    shares = _times(_inverse(bare), white)
    return _product(bare, ((shares[0], 0, 0), (0, shares[1], 0), (0, 0, shares[2])))


def _times(matrix: Matrix, vector: Vector) -> Vector:
    first, second, third = (sum(one * other for one, other in zip(row, vector, strict=True)) for row in matrix)
    return first, second, third


def _product(one: Matrix, other: Matrix) -> Matrix:
    first, second, third = (_times(one, column) for column in zip(*other, strict=True))
    return _turned((first, second, third))


def _turned(columns: Matrix) -> Matrix:
    first, second, third = zip(*columns, strict=True)
    return first, second, third


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return (
        ((e * i - f * h) / whole, (c * h - b * i) / whole, (b * f - c * e) / whole),
        ((f * g - d * i) / whole, (a * i - c * g) / whole, (c * d - a * f) / whole),
        ((d * h - e * g) / whole, (b * g - a * h) / whole, (a * e - b * d) / whole),
    )
