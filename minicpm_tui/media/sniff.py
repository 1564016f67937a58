"""What a file is, by its first bytes; its name plays no part."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from minicpm_tui.i18n import N_

HEAD = 4096
"""Bytes that are enough to tell."""

Kind = Literal["image", "video", "pdf", "other"]


class Format(NamedTuple):
    """``reader`` is Pillow's name of a picture format or FFmpeg's of a container; ``name`` is for people."""

    kind: Kind
    name: str
    reader: str = ""
    media_type: str = ""


JPEG = Format("image", "JPEG", "JPEG", "image/jpeg")
PNG = Format("image", "PNG", "PNG", "image/png")
WEBP = Format("image", "WebP", "WEBP", "image/webp")
GIF = Format("image", "GIF", "GIF", "image/gif")
BMP = Format("image", "BMP", "BMP", "image/bmp")
TIFF = Format("image", "TIFF", "TIFF", "image/tiff")
AVIF = Format("image", "AVIF", "AVIF", "image/avif")
HEIC = Format("image", "HEIC", "HEIF", "image/heic")
JPEG2000 = Format("image", "JPEG 2000", "JPEG2000", "image/jp2")
ICO = Format("image", "ICO", "ICO", "image/x-icon")
PNM = Format("image", "PNM", "PPM", "image/x-portable-anymap")
QOI = Format("image", "QOI", "QOI", "image/qoi")
TGA = Format("image", "TGA", "TGA", "image/x-tga")
PSD = Format("image", "Photoshop", "PSD", "image/vnd.adobe.photoshop")
JXL = Format("image", "JPEG XL", "JXL", "image/jxl")
SVG = Format("image", "SVG", "SVG", "image/svg+xml")
DICOM = Format("image", "DICOM", "DICOM", "application/dicom")
RAW = Format("image", N_("camera raw"), "RAW", "image/x-raw")
MP4 = Format("video", "MP4", "mp4", "video/mp4")
MOV = Format("video", "QuickTime", "mov", "video/quicktime")
WEBM = Format("video", "WebM", "webm", "video/webm")
MKV = Format("video", "Matroska", "matroska", "video/x-matroska")
AVI = Format("video", "AVI", "avi", "video/x-msvideo")
FLV = Format("video", "FLV", "flv", "video/x-flv")
ASF = Format("video", "Windows Media", "asf", "video/x-ms-asf")
OGG = Format("video", "Ogg", "ogg", "video/ogg")
MPEG_TS = Format("video", "MPEG-TS", "mpegts", "video/mp2t")
MPEG_PS = Format("video", "MPEG-PS", "mpeg", "video/mpeg")
H264 = Format("video", "H.264", "h264", "video/h264")
HEVC = Format("video", "H.265", "hevc", "video/h265")
PDF = Format("pdf", "PDF", "", "application/pdf")
PAGED = {TIFF, DICOM}
"""Pictures that may have pages."""
ANIMATED = {GIF, WEBP, PNG, AVIF}
"""Pictures that may hold an animation."""

_STARTS: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"II+\x00", TIFF),
    (b"MM\x00+", TIFF),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", JPEG2000),
    (b"\xff\x4f\xff\x51", JPEG2000),
    (b"\x00\x00\x01\x00", ICO),
    (b"qoif", QOI),
    (b"8BPS", PSD),
    (b"\xff\x0a", JXL),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", JXL),
    (b"IIRO", RAW),  # Olympus
    (b"IIRS", RAW),
    (b"MMOR", RAW),
    (b"IIU\x00", RAW),  # Panasonic
    (b"FUJIFILMCCD-RAW", RAW),
    (b"\x00MRM", RAW),  # Minolta
    (b"FLV\x01", FLV),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ASF),
    (b"OggS", OGG),
    (b"\x00\x00\x01\xba", MPEG_PS),
)
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", N_("a ZIP archive")),
    (b"\x1f\x8b", N_("a gzip archive")),
    (b"7z\xbc\xaf\x27\x1c", N_("a 7z archive")),
    (b"Rar!", N_("a RAR archive")),
    (b"fLaC", N_("an audio file")),
    (b"ID3", N_("an audio file")),
    (b"%!PS", N_("PostScript")),
    (b"\x7fELF", N_("a program")),
    (b"SQLite format 3", N_("a database")),
)
_SVG_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\s+svg[^\[>]*(?:\[.*?\])?\s*>)*<(?:\w+:)?svg[\s>]", re.DOTALL
)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_AUDIO_BRANDS = {b"M4A ", b"M4B ", b"F4A "}
_MOV_ATOMS = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def sniff(head: bytes) -> Format:
    """The format of a file that begins with ``head`` (up to ``HEAD`` bytes). ``kind`` is ``other`` for what cannot be sent."""
    for start, known in _STARTS:
        if head.startswith(start):
            return RAW if head[:4] == b"II*\0" and head[8:10] == b"CR" else known
    return _riff(head) or _boxes(head) or _loose(head) or _other(head)


def _riff(head: bytes) -> Format | None:
    if not head.startswith(b"RIFF"):
        return None
    if head[8:12] == b"WAVE":
        return Format("other", N_("an audio file"))
    return {b"WEBP": WEBP, b"AVI ": AVI}.get(head[8:12])


def _boxes(head: bytes) -> Format | None:
    """ISO media (MP4, HEIC, AVIF), QuickTime without a type box, and Matroska."""
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return WEBM if b"webm" in head[:64] else MKV
    kind = head[4:8]
    if kind in _MOV_ATOMS:
        return MOV
    if kind != b"ftyp":
        return None
    size = int.from_bytes(head[:4], "big")
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, min(size, len(head)), 4))}
    if head[8:12] == b"crx ":
        return RAW  # Canon
    if brands & _AVIF_BRANDS:
        return AVIF
    if head[8:12] in _HEIC_BRANDS or brands & (_HEIC_BRANDS - {b"mif1", b"msf1"}):
        return HEIC
    if head[8:12] in _AUDIO_BRANDS:
        return Format("other", N_("an audio file"))
    return MOV if head[8:12] == b"qt  " else MP4


def _loose(head: bytes) -> Format | None:
    """Formats with a short or movable mark."""
    if head[:2] == b"BM" and len(head) >= 26 and head[6:10] == bytes(4):
        return BMP
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3] in b" \t\r\n" and len(head) > 3:
        return PNM
    for offset, step in ((0, 188), (4, 192)):
        marks = range(offset, min(len(head), step * 5), step)
        if len(marks) > 2 and all(head[at] == 0x47 for at in marks):
            return MPEG_TS
    if head[128:132] == b"DICM":
        return DICOM
    if b"%PDF-" in head[:1024]:
        return PDF
    if _SVG_ROOT.match(head):
        return SVG
    return _byte_stream(head) or (TGA if _is_tga(head) else None)


def _is_tga(head: bytes) -> bool:
    """It has no mark: its header of 18 bytes must be right in all that it says."""
    if len(head) < 18:
        return False
    mapped, kind, bits, flags = head[1], head[2], head[16], head[17]
    width, height = int.from_bytes(head[12:14], "little"), int.from_bytes(head[14:16], "little")
    if kind in {1, 9}:
        colours = mapped == 1 and bits == 8 and head[7] in {15, 16, 24, 32}
    else:
        depths = {8, 16} if kind in {3, 11} else {15, 16, 24, 32}
        colours = kind in {2, 3, 10, 11} and mapped == 0 and head[3:8] == bytes(5) and bits in depths
    return colours and width > 0 and height > 0 and flags & 0xC0 == 0


def _byte_stream(head: bytes) -> Format | None:
    """H.264 and H.265 without a container (their Annex B): they begin with a delimiter or their parameters."""
    start = 4 if head.startswith(b"\0\0\0\1") else 3 if head.startswith(b"\0\0\1") else 0
    if not start or len(head) < start + 2 or head[start] & 0x80:
        return None
    if head[start] >> 1 in {32, 33, 35} and head[start + 1] == 1:
        return HEVC
    return H264 if head[start] & 0x1F in {7, 9} else None


def _other(head: bytes) -> Format:
    for start, name in _OTHERS:
        if head.startswith(start):
            return Format("other", name)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return Format("other", N_("a web page"))
    if head[:2] in {b"\xff\xfb", b"\xff\xf3", b"\xff\xf1"}:
        return Format("other", N_("an audio file"))
    if b"\x00" not in head and _is_text(head):
        return Format("other", N_("plain text"))
    return Format("other", "")


def _is_text(head: bytes) -> bool:
    try:
        head[:1024].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > 1020
    return True
