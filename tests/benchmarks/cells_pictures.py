"""Twelve pictures to draw in cells: soft and hard landscapes, faces of things, pages of text, diagrams."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = (1200, 720)


def made_pictures() -> Iterator[tuple[str, Image.Image]]:
    """Name and picture; each time the same."""
    for seed in range(4):
        yield f"landscape {seed}", _landscape(random.Random(seed))
    for seed in range(4):
        yield f"things {seed}", _things(random.Random(seed))
    for seed in range(2):
        yield f"page {seed}", _page(random.Random(seed), size=(28, 60)[seed])
    for seed in range(2):
        yield f"diagram {seed}", _diagram(random.Random(seed))


def _colour(chance: random.Random) -> tuple[int, int, int]:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)


def _landscape(chance: random.Random) -> Image.Image:
    """Ranges of hills under a sky, with the noise of a camera."""
    ends = Image.linear_gradient("L").resize(SIZE)
    picture = Image.composite(Image.new("RGB", SIZE, _colour(chance)), Image.new("RGB", SIZE, _colour(chance)), ends)
    draw = ImageDraw.Draw(picture)
    for level in range(5):
        waves = [(chance.uniform(1, 9), chance.uniform(0, 7), chance.uniform(10, 60)) for _ in range(4)]
        base = SIZE[1] * (0.35 + 0.14 * level)
        line = [
            (x, base + sum(high * math.sin(often * x / 200 + at) for often, at, high in waves)) for x in range(0, SIZE[0] + 8, 8)
        ]
        draw.polygon([*line, (SIZE[0], SIZE[1]), (0, SIZE[1])], fill=_colour(chance))
    noise = Image.merge("RGB", [Image.effect_noise(SIZE, 60) for _band in range(3)])
    return Image.blend(picture.filter(ImageFilter.GaussianBlur(2)), noise, 0.12)


def _things(chance: random.Random) -> Image.Image:
    """Overlapping round and square things of soft and hard edges."""
    picture = Image.new("RGB", SIZE, _colour(chance))
    for _thing in range(40):
        draw = ImageDraw.Draw(picture)
        x, y, size = chance.randrange(SIZE[0]), chance.randrange(SIZE[1]), chance.randrange(20, 260)
        (draw.ellipse if chance.random() < 0.6 else draw.rectangle)((x, y, x + size, y + size * 0.8), fill=_colour(chance))
        if chance.random() < 0.2:
            picture = picture.filter(ImageFilter.GaussianBlur(4))
    return picture


def _page(chance: random.Random, size: int) -> Image.Image:
    """Lines of words on paper."""
    picture = Image.new("RGB", SIZE, "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size)
    for y in range(40, SIZE[1] - 40, int(size * 1.5)):
        words = " ".join("".join(chance.choices("abcdefghilmnoprstuvw", k=chance.randrange(2, 9))) for _word in range(14))
        draw.text((50, y), words, "black", font)
    return picture


def _diagram(chance: random.Random) -> Image.Image:
    """Bars, axes and a curve in few colours."""
    picture = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    for bar in range(12):
        draw.rectangle((100 + bar * 85, chance.randrange(80, 600), 150 + bar * 85, 640), fill=_colour(chance))
    draw.line([(90, 60), (90, 640), (1150, 640)], "black", 6)
    draw.line([(100 + x * 10, chance.randrange(80, 600)) for x in range(100)], _colour(chance), 4)
    return picture
