"""Writes PNGs with any chunks."""

from __future__ import annotations

import struct
import zlib

from PIL import Image


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(size: tuple[int, int], bits: int, colour_type: int, data: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    """A PNG of these samples; ``before`` and ``after`` are chunks around its pixels."""
    row = len(data) // size[1]
    lines = b"".join(b"\0" + data[at : at + row] for at in range(0, len(data), row))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, bits, colour_type, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", zlib.compress(lines)) + after + chunk(b"IEND", b"")


def png(picture: Image.Image, before: bytes = b"", after: bytes = b"") -> bytes:
    """An RGB picture as a PNG with these chunks."""
    return png_of(picture.size, 8, 2, picture.convert("RGB").tobytes(), before, after)


def xmp(content: str) -> bytes:
    """The iTXt chunk that holds XMP."""
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + content.encode())
