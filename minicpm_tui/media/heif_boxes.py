"""What a HEIC or AVIF tells of its colours in its boxes (ISO/IEC 14496-12, 23008-12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_LARGEST = 4_000_000
_FULL_BOX = 4  # version and flags


class Nclx(NamedTuple):
    """Primaries and transfer function as ITU-T H.273 numbers them; 2 is unspecified."""

    primaries: int = 2
    transfer: int = 2


def nclx_of(file: BinaryIO) -> Nclx:
    """Of the first picture in the open ``file``, whose position is kept. Raises OSError."""
    before = file.tell()
    try:
        file.seek(0)
        while len(head := file.read(8)) == 8:
            length = int.from_bytes(head[:4], "big")
            if head[4:] == b"meta" and length <= _LARGEST:
                return _in_meta(file.read(length - 8)[_FULL_BOX:])
            if length < 8:
                break
            file.seek(length - 8, 1)
        return Nclx()
    finally:
        file.seek(before)


def _in_meta(meta: bytes) -> Nclx:
    for kind, properties in _boxes(meta):
        if kind == b"iprp":
            containers = [data for name, data in _boxes(properties) if name == b"ipco"]
            for name, data in (box for container in containers for box in _boxes(container)):
                if name == b"colr" and data[:4] == b"nclx":
                    return Nclx(int.from_bytes(data[4:6], "big"), int.from_bytes(data[6:8], "big"))
    return Nclx()


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length < 8:
            return
        yield data[at + 4 : at + 8], data[at + 8 : at + length]
        at += length
