"""A file of the corpus with the truth beside it: the pixels that a person should see."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image, ImageDraw

SIZE = (96, 64)


@dataclass(frozen=True)
class Sample:
    """``truth`` is the picture, or every frame of a video; ``mean`` and ``tile`` the differences of 255 that are allowed on
    average and in the worst tile. ``says`` are words of the notes, ``silent``: there are none; ``refused`` the words of the error
    instead. ``wishes`` are fields of the attachment's spec. ``rate``: frames a second of a video, None for a picture."""

    path: Path
    truth: tuple[Image.Image, ...] = ()
    mean: float = 3.0
    tile: float = 12.0
    says: tuple[str, ...] = ()
    silent: bool = False
    refused: str = ""
    rate: float | None = None
    wishes: dict[str, Any] = field(default_factory=dict)


def scene(random: Random, size: tuple[int, int] = SIZE) -> Image.Image:
    """Soft colours that differ in every corner, with sharp blocks; black and white are in it. No turn of it looks like it."""
    corners = Image.new("RGB", (2, 2))
    corners.putdata([(220, 40, 40), (40, 180, 60), (50, 70, 220), (235, 225, 90)])
    picture = corners.resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    width, height = size
    for _ in range(6):
        left, top = random.randrange(width // 8, width * 3 // 4), random.randrange(height // 8, height * 3 // 4)
        colour = tuple(random.randrange(20, 236) for _ in range(3))
        draw.rectangle((left, top, left + width // 8, top + height // 8), colour)
    draw.rectangle((width // 12, height // 2, width // 6, height * 7 // 8), "black")
    draw.rectangle((width * 3 // 4, height // 10, width * 11 // 12, height // 4), "white")
    return picture


def numbered(index: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """A picture that says ``index`` (0 to 63) in six bars over a band of fixed colours, which no codec can blur away."""
    picture = Image.new("RGB", size, (90, 140, 60))
    draw = ImageDraw.Draw(picture)
    width, height = size
    for bit in range(6):
        shade = (235, 235, 235) if index >> bit & 1 else (20, 20, 20)
        draw.rectangle((width * bit // 6, 0, width * (bit + 1) // 6 - 1, height * 2 // 3 - 1), shade)
    draw.rectangle((0, height * 2 // 3, width // 3, height), (200, 60, 50))
    return picture


def values(picture: Image.Image) -> list[float]:
    """The samples of a picture, channel beside channel, 0 to 1."""
    return [value / 255 for value in picture.tobytes()]
