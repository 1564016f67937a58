"""What a PNG tells of itself in chunks before and behind its pixels, some of which Pillow knows not or reads too late."""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO, NamedTuple

from minicpm_tui.media.primaries import Chromaticities

_LARGEST = 1_000_000
_MOST_CHUNKS = 200_000
_XMP = b"XML:com.adobe.xmp\0"


class PngFacts(NamedTuple):
    """Of a PNG: EXIF and XMP, and how its colours are meant (PNG, third edition): ``cicp`` are primaries and transfer function as
    H.273 numbers them, ``gamma`` is that of the file (1/2.2 is usual); ``bits`` of a sample."""

    bits: int = 8
    exif: bytes = b""
    xmp: bytes = b""
    cicp: tuple[int, int] | None = None
    srgb: bool = False
    gamma: float | None = None
    chromaticities: Chromaticities | None = None


def png_facts(file: BinaryIO) -> PngFacts:
    """Of the PNG in the open ``file``, whose position is kept. Damage ends what is read; raises OSError."""
    before = file.tell()
    facts = PngFacts()
    try:
        file.seek(8)
        for _ in range(_MOST_CHUNKS):
            head = file.read(8)
            if len(head) < 8 or head[4:] == b"IEND":
                break
            length = int.from_bytes(head[:4], "big")
            if head[4:] in _READERS and length <= _LARGEST:
                facts = _READERS[head[4:]](facts, file.read(length))
                file.seek(4, 1)
            else:
                file.seek(length + 4, 1)
    except (struct.error, IndexError, zlib.error):
        pass
    finally:
        file.seek(before)
    return facts


def _header(facts: PngFacts, data: bytes) -> PngFacts:
    return facts._replace(bits=data[8])


def _cicp(facts: PngFacts, data: bytes) -> PngFacts:
    return facts._replace(cicp=(data[0], data[1]))


def _gamma(facts: PngFacts, data: bytes) -> PngFacts:
    value = struct.unpack(">I", data[:4])[0] / 100_000
    return facts._replace(gamma=value) if 0.1 <= value <= 10 else facts


def _chromaticities(facts: PngFacts, data: bytes) -> PngFacts:
    values = tuple(value / 100_000 for value in struct.unpack(">8I", data[:32]))
    return facts._replace(chromaticities=values) if all(0 <= value <= 1 for value in values) else facts


def _text(facts: PngFacts, data: bytes) -> PngFacts:
    if not data.startswith(_XMP):
        return facts
    packed, text = data[len(_XMP)], data[len(_XMP) + 2 :].split(b"\0", 2)[-1]
    return facts._replace(xmp=zlib.decompressobj().decompress(text, _LARGEST) if packed else text)


_READERS = {
    b"IHDR": _header,
    b"cICP": _cicp,
    b"sRGB": lambda facts, _data: facts._replace(srgb=True),
    b"gAMA": _gamma,
    b"cHRM": _chromaticities,
    b"eXIf": lambda facts, data: facts._replace(exif=data),
    b"iTXt": _text,
}
