"""Pictures and videos in an export: ``data:`` URLs, plain base64, web addresses. Files that an export names are not read."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator

from minicpm_tui.i18n import _
from minicpm_tui.messages import Blob, Frame, ImagePart, MediaPart, Source, VideoPart

_MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF8": "image/gif", b"BM": "image/bmp"}


def media_part(url: str, blobs: dict[str, Blob], *, video: bool) -> MediaPart | None:
    """The part that ``url`` stands for, its bytes added to ``blobs``; None where it holds none."""
    if url.startswith(("http://", "https://")):
        name = url.split("?", maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1] or url
        return VideoPart(name, source=Source(url=url)) if video else ImagePart(name, source=Source(url=url))
    try:
        found = list(_data_of(url))
    except (ValueError, binascii.Error):
        return None
    if not video:
        return picture_part(found[0], blobs)
    for blob in found:
        blobs[blob.sha256] = blob
    width, height = _pixels(found[0].data)
    if found[0].media_type == "image/jpeg":
        frames = tuple(Frame(blob.sha256, float(index)) for index, blob in enumerate(found))
        return VideoPart(_("video"), frames, width=width, height=height)
    return VideoPart(_("video"), file=found[0].sha256, media_type=found[0].media_type)


def picture_part(blob: Blob, blobs: dict[str, Blob], name: str = "") -> ImagePart:
    """The part for the bytes of a picture, which are added to ``blobs``."""
    blobs[blob.sha256] = blob
    width, height = _pixels(blob.data)
    return ImagePart(name or _("picture"), blob.sha256, width, height, media_type=blob.media_type)


def picture_of(data: bytes) -> Blob | None:
    """``data`` where its first bytes are those of a picture."""
    kind = _sniffed(data)
    return Blob(data, kind) if kind else None


def from_base64(text: str) -> Blob | None:
    """The picture in base64 without a URL around it, as Ollama has it."""
    try:
        return picture_of(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        return None


def _data_of(url: str) -> Iterator[Blob]:
    """The bytes of a ``data:`` URL; of frames, one after another. Raises ValueError."""
    head, comma, body = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        raise ValueError(head)
    stated = head[5:-7]
    for piece in body.split(","):
        data = base64.b64decode(piece, validate=True)
        if not data:
            raise ValueError(head)
        yield Blob(data, _sniffed(data) or (stated if stated.startswith("video/") else "application/octet-stream"))


def _sniffed(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)


def _pixels(data: bytes) -> tuple[int | None, int | None]:
    """Width and height from the header; the picture is not decoded."""
    import warnings

    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                return picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None, None
