"""Writes TIFFs of every kind: sample types, channels, byte orders, compressions, several pages and sub-directories."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

_TYPES = {"B": 1, "A": 2, "H": 3, "L": 4, "f": 11, "d": 12, "U": 7}
_SIZES = {"B": "B", "H": "H", "L": "L", "f": "f", "d": "d"}
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, OFFSETS, ROWS, COUNTS = 256, 257, 258, 259, 262, 273, 278, 279
SAMPLES, PLANAR, PREDICTOR, COLOUR_MAP, SUB_IFDS, EXTRA, FORMAT = 277, 284, 317, 320, 330, 338, 339

Tag = tuple[str, Sequence[Any] | bytes]


@dataclass
class Page:
    """One directory: its tags (type letter and values) and its strips; ``children`` are its sub-directories."""

    tags: dict[int, Tag]
    strips: list[bytes]
    children: list[Page] = field(default_factory=list)


def page(
    size: tuple[int, int],
    strips: Sequence[bytes],
    *,
    bits: Sequence[int] = (8,),
    photometric: int = 1,
    form: int = 1,
    compression: str = "none",
    planar: int = 1,
    rows: int | None = None,
    predictor: int = 1,
    extra: Sequence[int] = (),
    more: dict[int, Tag] | None = None,
) -> Page:
    """A directory of a picture with ``bits`` of each channel; ``form`` is its SampleFormat, ``strips`` are not yet compressed."""
    number, pack = _COMPRESSIONS[compression]
    tags: dict[int, Tag] = {
        WIDTH: ("L", [size[0]]),
        HEIGHT: ("L", [size[1]]),
        BITS: ("H", bits),
        COMPRESSION: ("H", [number]),
        PHOTOMETRIC: ("H", [photometric]),
        SAMPLES: ("H", [len(bits)]),
        ROWS: ("L", [rows or size[1]]),
        PLANAR: ("H", [planar]),
        FORMAT: ("H", [form] * len(bits)),
    }
    if predictor != 1:
        tags[PREDICTOR] = ("H", [predictor])
    if extra:
        tags[EXTRA] = ("H", extra)
    return Page(tags | (more or {}), [pack(strip) for strip in strips])


def tiff(pages: Sequence[Page], order: str = "<", start: bytes = b"") -> bytes:
    """The file; ``start`` replaces the first bytes, as camera makers do."""
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4) + bytes(max(0, len(start) - 8)))
    out[: len(start)] = start
    link = 4
    for each in pages:
        at = _write(out, each, order)
        struct.pack_into(order + "L", out, link, at)
        link = at + 2 + 12 * struct.unpack_from(order + "H", out, at)[0]
    return bytes(out)


def _write(out: bytearray, each: Page, order: str) -> int:
    """Append a directory with all it points to; where it begins."""
    tags = dict(each.tags)
    if each.strips:
        places = [_append(out, strip) for strip in each.strips]
        tags |= {OFFSETS: ("L", places), COUNTS: ("L", [len(strip) for strip in each.strips])}
    if each.children:
        tags[SUB_IFDS] = ("L", [_write(out, child, order) for child in each.children])
    entries = []
    for tag, (letter, content) in sorted(tags.items()):
        data = content if isinstance(content, bytes) else struct.pack(f"{order}{len(content)}{_SIZES[letter]}", *content)
        count = len(content)
        inline = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack(order + "L", _append(out, data))
        entries.append(struct.pack(order + "HHL", tag, _TYPES[letter], count) + inline)
    return _append(out, struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4))


def _append(out: bytearray, data: bytes) -> int:
    out += bytes(len(out) % 2)
    at = len(out)
    out += data
    return at


def _packbits(data: bytes) -> bytes:
    """Literal runs alone."""
    return b"".join(bytes([len(run) - 1]) + run for run in (data[at : at + 128] for at in range(0, len(data), 128)))


def _lzw(data: bytes) -> bytes:
    """Codes of nine bits, the table cleared before it would grow beyond them."""
    bits = length = 0
    out = bytearray()
    codes = [code for at in range(0, len(data), 200) for code in (256, *data[at : at + 200])] + [257]
    for code in codes:
        bits, length = bits << 9 | code, length + 9
        while length >= 8:
            length -= 8
            out.append(bits >> length & 255)
        bits &= (1 << length) - 1
    if length:
        out.append(bits << (8 - length) & 255)
    return bytes(out)


_COMPRESSIONS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "none": (1, bytes),
    "lzw": (5, _lzw),
    "deflate": (8, zlib.compress),
    "packbits": (32773, _packbits),
    "jpeg": (7, bytes),
}
