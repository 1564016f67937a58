"""High dynamic range (PQ and HLG, ITU-R BT.2100) brought down to the range of sRGB: paper white becomes nearly white, highlights
are compressed into what is left."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFilter import Color3DLUT

PQ, HLG = 16, 18
"""Transfer functions as ITU-T H.273 numbers them."""

_WHITE = 203.0  # cd/m² of paper: ITU-R BT.2408
_HLG_PEAK, _HLG_GAMMA = 1000.0, 1.2
_KNEE = 0.85  # of paper white: brighter light is compressed, so that highlights keep some shape
_NODES = 33


def to_standard_range(image: Image, transfer: int) -> Image:
    """An RGB picture of PQ or HLG codes with sRGB's transfer function instead; its primaries are the same."""
    return image.point(_pq_codes()) if transfer == PQ else image.filter(_hlg_codes())


@cache
def _pq_codes() -> list[int]:
    return [round(255 * _code(_compressed(_pq(code / 255)))) for code in range(256)] * 3


@cache
def _hlg_codes() -> Color3DLUT:
    """What a display of 1000 cd/m² makes of the three together."""
    from PIL.ImageFilter import Color3DLUT

    scene = [_hlg(index / (_NODES - 1)) for index in range(_NODES)]
    found: list[float] = []
    for blue in scene:
        for green in scene:
            for red in scene:
                luminance = 0.2627 * red + 0.6780 * green + 0.0593 * blue
                gain = luminance ** (_HLG_GAMMA - 1) * _HLG_PEAK / _WHITE
                found += (_code(_compressed(value * gain)) for value in (red, green, blue))
    return Color3DLUT(_NODES, found)


def _compressed(light: float) -> float:
    """Light relative to paper white, brought below 1."""
    return light if light <= _KNEE else _KNEE + (1 - _KNEE) * (1 - math.exp((_KNEE - light) / (1 - _KNEE)))


def _code(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _pq(code: float) -> float:
    """SMPTE ST 2084: light relative to paper white."""
    power = code ** (1 / 78.84375)
    light = max(power - 0.8359375, 0.0) / (18.8515625 - 18.6875 * power)
    return float(light ** (1 / 0.1593017578125)) * 10000 / _WHITE


def _hlg(code: float) -> float:
    """Light of the scene, 0 to 1."""
    return code * code / 3 if code <= 0.5 else (math.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12
