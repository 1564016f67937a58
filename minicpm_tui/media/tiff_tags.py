"""The first directory of a TIFF, and of camera raw files that are TIFFs under another mark."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

ORIENTATION, SUB_DIRECTORIES, DNG_VERSION, _KIND, _MAKE = 274, 330, 50706, 254, 271
_ORDERS = {b"II": "<", b"MM": ">"}
_MOST_TAGS = 1000
_REDUCED = 1  # NewSubfileType of a small copy


class Tag(NamedTuple):
    """``value`` is the number of a tag that has one whole number, else 0."""

    value: int = 0


def first_tags(file: BinaryIO) -> dict[int, Tag]:
    """By number; empty for what is no TIFF. The file's position is kept. Raises OSError."""
    before = file.tell()
    try:
        file.seek(0)
        head = file.read(8)
        order = _ORDERS.get(head[:2])
        if order is None or len(head) < 8:
            return {}
        file.seek(struct.unpack(order + "I", head[4:])[0])
        count = struct.unpack(order + "H", file.read(2).ljust(2, b"\0"))[0]
        entries = file.read(12 * min(count, _MOST_TAGS))
        found = {}
        for at in range(0, len(entries) - 11, 12):
            number, kind, length = struct.unpack(order + "HHI", entries[at : at + 8])
            form = {3: "H", 4: "I"}.get(kind)
            value = struct.unpack_from(order + form, entries, at + 8)[0] if form and length == 1 else 0
            found[number] = Tag(value)
        return found
    finally:
        file.seek(before)


def is_camera_raw(file: BinaryIO) -> bool:
    """The TIFF holds a sensor's values behind a small first picture: DNG, NEF, ARW and their like."""
    tags = first_tags(file)
    reduced = tags.get(_KIND, Tag()).value & _REDUCED
    return DNG_VERSION in tags or bool(reduced and SUB_DIRECTORIES in tags and _MAKE in tags)
