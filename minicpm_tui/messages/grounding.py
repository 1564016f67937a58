"""Where a reply says things are in a picture: ``<ref>name</ref><box>x1 y1 x2 y2</box>``.

MiniCPM-V writes coordinates from 0 to 1000, relative to the picture; a box is its top left and bottom right corner, a quad four
corners, a point one place. The name may be absent. Sources: the maintainers at https://github.com/OpenBMB/MiniCPM-V/issues/982,
/772 and /185 (where the closing tag has no slash), and https://github.com/OpenSQZ/MiniCPM-V-CookBook/issues/39
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from minicpm_tui.messages.message import Message
from minicpm_tui.messages.parts import media_of

Point = tuple[float, float]
"""Across and down, each from 0 to 1 of the picture."""

_SCALE = 1000
_TAGS = re.compile(r"<ref>(?P<name>.*?)</ref>|<(?P<kind>box|quad|point)>(?P<numbers>[^<>]*)</?(?P=kind)>", re.DOTALL)
_BETWEEN = re.compile(r"[\s,;:.、，；：。()\[\]-]*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NUMBERS = {"box": 4, "quad": 8, "point": 2}


@dataclass(frozen=True)
class Region:
    """``corners`` of what the model calls ``name`` (empty: it did not say), in order around it; a point has one."""

    name: str
    corners: tuple[Point, ...]


def regions_of(text: str) -> tuple[Region, ...]:
    """The regions that ``text`` names, in order. What is no place in a picture is left out."""
    found: list[Region] = []
    name, end = "", 0
    for tag in _TAGS.finditer(text):
        if not _BETWEEN.fullmatch(text, end, tag.start()):
            name = ""  # the name of something else
        end = tag.end()
        if tag["kind"] is None:
            name = " ".join(tag["name"].split())
            continue
        values = [float(number) / _SCALE for number in _NUMBER.findall(tag["numbers"])]
        step = _NUMBERS[tag["kind"]]
        if values and len(values) % step == 0 and max(values) <= 1:
            found += (Region(name, _corners(tag["kind"], values[at : at + step])) for at in range(0, len(values), step))
    return tuple(found)


def regions_below(path: Sequence[Message], message: Message) -> Iterator[Region]:
    """What the replies below ``message`` found in its pictures, down to the next message with pictures."""
    below = itertools.islice(itertools.dropwhile(lambda each: each.id != message.id, path), 1, None)
    for each in itertools.takewhile(lambda each: not media_of(each.content), below):
        if each.role == "assistant":
            yield from regions_of(each.text)


def _corners(kind: str, values: list[float]) -> tuple[Point, ...]:
    if kind == "box":
        left, top, right, bottom = values
        return ((left, top), (right, top), (right, bottom), (left, bottom))
    return tuple(zip(values[::2], values[1::2], strict=True))
