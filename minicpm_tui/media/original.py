"""When a picture's own bytes may be sent: they are what preparing would make of them, and carry nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minicpm_tui.media.sniff import JPEG, PNG, WEBP, Format

if TYPE_CHECKING:
    from PIL.Image import Image

_PNG_PIXELS = {b"IHDR", b"IDAT", b"IEND", b"sRGB", b"pHYs"}
_PNG_HEADER, _PNG_BITS = 8, 24
_JPEG_PLAIN = {"APP0", "APP14"}  # JFIF's and Adobe's header: density and colour transform


def is_plain(image: Image, data: bytes, what: Format) -> bool:
    """True for an RGB picture in a format every server reads, without EXIF, profile, comment or anything appended."""
    if image.mode != "RGB" or "transparency" in image.info:
        return False
    if what == JPEG:
        marks = {name for name, _content in getattr(image, "applist", [])}
        return image.format == "JPEG" and marks <= _JPEG_PLAIN and data.endswith(b"\xff\xd9")
    if what == PNG:
        return _png_is_plain(data)
    return what == WEBP and data[12:16] in {b"VP8 ", b"VP8L"} and len(data) <= int.from_bytes(data[4:8], "little") + 9


def _png_is_plain(data: bytes) -> bool:
    if data[_PNG_BITS] > 8:
        return False  # which values are black and white is decided here
    at = _PNG_HEADER
    while at + 12 <= len(data):
        kind = data[at + 4 : at + 8]
        if kind not in _PNG_PIXELS:
            return False
        at += 12 + int.from_bytes(data[at : at + 4], "big")
        if kind == b"IEND":
            return at == len(data)
    return False
