"""Colours from sRGB to other primaries and transfer functions, by the formulas of their standards; and small ICC profiles.

Written from ITU-R BT.709, BT.2020, BT.2100 and BT.2408, SMPTE ST 2084 and Adobe RGB (1998), apart from the program's own.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from PIL import Image

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]
SRGB, ADOBE, P3, BT2020 = "srgb", "adobe", "p3", "2020"
D65 = (0.3127, 0.3290)
_XY = {
    SRGB: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    ADOBE: ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
    P3: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    BT2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
}
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_D50 = (0.9642, 1.0, 0.8249)
_REFERENCE_WHITE = 203.0  # cd/m², of paper and of captions: BT.2408


def srgb_linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def srgb_code(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def pq_code(value: float) -> float:
    """ST 2084 for light relative to reference white."""
    y = (value * _REFERENCE_WHITE / 10000) ** 0.1593017578125
    return float(((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375)


def hlg_codes(rgb: tuple[float, float, float]) -> tuple[float, ...]:
    """BT.2100 for light of a display of 1000 cd/m², relative to reference white."""
    shown = [value * _REFERENCE_WHITE / 1000 for value in rgb]
    luminance = 0.2627 * shown[0] + 0.6780 * shown[1] + 0.0593 * shown[2]
    gain = luminance ** (1 / 1.2 - 1) if luminance > 0 else 0.0
    return tuple(_hlg_code(min(1.0, value * gain)) for value in shown)


def _hlg_code(scene: float) -> float:
    from math import log, sqrt

    return sqrt(3 * scene) if scene <= 1 / 12 else 0.17883277 * log(12 * scene - 0.28466892) + 0.55991073


def power(gamma: float) -> Callable[[float], float]:
    """The transfer function whose decoding is a power of ``gamma``."""
    return lambda value: max(value, 0.0) ** (1 / gamma)


def to_xyz(primaries: str) -> Matrix:
    """From linear RGB to XYZ, white at D65."""
    first, second, third = ((x / y, 1.0, (1 - x - y) / y) for x, y in _XY[primaries])
    white = (D65[0] / D65[1], 1.0, (1 - D65[0] - D65[1]) / D65[1])
    bare = across((first, second, third))
    shares = times(inverse(bare), white)
    return product(bare, ((shares[0], 0, 0), (0, shares[1], 0), (0, 0, shares[2])))


def across(columns: Matrix) -> Matrix:
    first, second, third = zip(*columns, strict=True)
    return first, second, third


def convert(picture: Image.Image, primaries: str, code: Callable[[float], float]) -> list[float]:
    """The codes (0 to 1) of an sRGB picture with other primaries and another transfer function, channel beside channel."""
    return [code(min(1.0, value)) for rgb in linear(picture, primaries) for value in rgb]


def convert_hlg(picture: Image.Image) -> list[float]:
    """The HLG codes of an sRGB picture."""
    return [value for rgb in linear(picture, BT2020) for value in hlg_codes(rgb)]


def linear(picture: Image.Image, primaries: str) -> list[tuple[float, float, float]]:
    """Linear light of an sRGB picture in other primaries, 1 is white."""
    table = [srgb_linear(value / 255) for value in range(256)]
    matrix = product(inverse(to_xyz(primaries)), to_xyz(SRGB))
    data = picture.convert("RGB").tobytes()
    kept: dict[bytes, tuple[float, float, float]] = {}
    for at in range(0, len(data), 3):
        pixel = data[at : at + 3]
        if pixel not in kept:
            red, green, blue = times(matrix, (table[pixel[0]], table[pixel[1]], table[pixel[2]]))
            kept[pixel] = max(0.0, red), max(0.0, green), max(0.0, blue)
    return [kept[data[at : at + 3]] for at in range(0, len(data), 3)]


def picture_of(codes: list[float], size: tuple[int, int]) -> Image.Image:
    """Eight bits of codes between 0 and 1."""
    return Image.frombytes("RGB", size, bytes(round(255 * min(1.0, code)) for code in codes))


def times(matrix: Matrix, vector: Vector) -> Vector:
    first, second, third = (sum(one * other for one, other in zip(row, vector, strict=True)) for row in matrix)
    return first, second, third


def product(one: Matrix, other: Matrix) -> Matrix:
    first, second, third = (times(one, column) for column in zip(*other, strict=True))
    return across((first, second, third))


def inverse(m: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = m
    whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return (
        ((e * i - f * h) / whole, (c * h - b * i) / whole, (b * f - c * e) / whole),
        ((f * g - d * i) / whole, (a * i - c * g) / whole, (c * d - a * f) / whole),
        ((d * h - e * g) / whole, (b * g - a * h) / whole, (a * e - b * d) / whole),
    )


def icc(primaries: str, gamma: float, space: bytes = b"RGB ") -> bytes:
    """A matrix profile (or a grey one) with one gamma, adapted to D50 as ICC asks."""

    def xyz(*values: float) -> bytes:
        return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    white = times(to_xyz(SRGB), (1, 1, 1))
    scale = [to / of for to, of in zip(times(_BRADFORD, _D50), times(_BRADFORD, white), strict=True)]
    scaled: Matrix = ((scale[0], 0, 0), (0, scale[1], 0), (0, 0, scale[2]))
    adapted = product(product(inverse(_BRADFORD), product(scaled, _BRADFORD)), to_xyz(primaries))
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(79), b"wtpt": xyz(*_D50)}
    if space == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        tags |= {name + b"TRC": curve for name in (b"r", b"g", b"b")}
        tags |= {name + b"XYZ": xyz(*(row[at] for row in adapted)) for at, name in enumerate((b"r", b"g", b"b"))}
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"test", 0x02100000, b"mntr", space, b"XYZ ") + bytes(12) + b"acsp"
    return (head.ljust(68, b"\0") + struct.pack(">iii", 63190, 65536, 54061)).ljust(128, b"\0") + table + body
