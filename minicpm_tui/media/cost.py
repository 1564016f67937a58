"""How much memory it takes to decode a picture, by its header alone."""

from __future__ import annotations

import os
from typing import BinaryIO

from minicpm_tui.media.opened import Opened
from minicpm_tui.media.sniff import JPEG, PNG, WEBP

_MOST_HEADER = 1 << 20
_MOST_BYTES = 32 << 20
_PIXEL_BYTES = 4  # Pillow keeps RGB with a byte to spare
_COEFFICIENT_BYTES = 6  # of a progressive JPEG: two for each of three colours, besides the pixels
_MOST_SCANS = 32  # each goes over the whole picture; encoders make about ten
_WEBP_COPIES = 3
_BASELINE, _OTHER_FRAMES = {0xC0, 0xC1}, {0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_BARE_MARKERS = {0x01, *range(0xD0, 0xD9)}
_START_OF_SCAN, _END = 0xDA, 0xD9


def decoded_bytes(opened: Opened) -> int | None:
    """About how many bytes of memory decoding takes at its worst; None where that cannot be told from the header.

    That is told of still JPEG, PNG and WebP pictures in files of sensible size. Blocks a moment. The file's position is its
    beginning again.
    """
    reader = {JPEG: _jpeg, PNG: _png, WEBP: _webp}.get(opened.format)
    if reader is None or opened.size > _MOST_BYTES:
        return None
    try:
        opened.file.seek(0)
        return reader(opened.file)
    except OSError:
        return None
    finally:
        opened.file.seek(0)


def _jpeg(file: BinaryIO) -> int | None:
    """The largest of its frames: which one a decoder takes is its own affair."""
    file.seek(2)
    pixels, progressive = 0, False
    while file.tell() < _MOST_HEADER and file.read(1) == b"\xff":
        marker = file.read(1)
        while marker == b"\xff":
            marker = file.read(1)
        if not marker or marker[0] == _END:
            return None
        if marker[0] in _BARE_MARKERS:
            continue
        length = int.from_bytes(file.read(2), "big") - 2
        if marker[0] == _START_OF_SCAN:
            return _jpeg_bytes(file, pixels, progressive=progressive)
        if marker[0] in _BASELINE | _OTHER_FRAMES:
            frame = file.read(5)
            length -= len(frame)
            pixels = max(pixels, int.from_bytes(frame[1:3], "big") * int.from_bytes(frame[3:5], "big"))
            progressive = progressive or marker[0] in _OTHER_FRAMES
        file.seek(max(length, 0), os.SEEK_CUR)
    return None


def _jpeg_bytes(file: BinaryIO, pixels: int, *, progressive: bool) -> int | None:
    if not pixels:
        return None
    if progressive and file.read().count(bytes((0xFF, _START_OF_SCAN))) > _MOST_SCANS:
        return None
    return pixels * (_PIXEL_BYTES + _COEFFICIENT_BYTES * progressive)


def _png(file: BinaryIO) -> int | None:
    """None for an animation: how many frames there are, the file only claims."""
    head = file.read(33)
    if len(head) < 33 or head[12:16] != b"IHDR":
        return None
    while file.tell() < _MOST_HEADER and len(chunk := file.read(8)) == 8:
        if chunk[4:] == b"acTL":
            return None
        if chunk[4:] == b"IDAT":
            return int.from_bytes(head[16:20], "big") * int.from_bytes(head[20:24], "big") * _PIXEL_BYTES
        file.seek(int.from_bytes(chunk[:4], "big") + 4, os.SEEK_CUR)
    return None


def _webp(file: BinaryIO) -> int | None:
    """VP8, VP8L and VP8X without the flag for animation: https://developers.google.com/speed/webp/docs/riff_container"""
    head = file.read(30)
    if len(head) < 30:
        return None
    match head[12:16]:
        case b"VP8 ":
            width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X" if not head[20] & 2:
            width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
        case _:
            return None
    return width * height * _PIXEL_BYTES * _WEBP_COPIES
