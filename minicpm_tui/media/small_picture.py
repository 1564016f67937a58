"""Any file, or a picture's bytes, as a small RGB picture."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from minicpm_tui.errors import MediaDamaged, MediaTooLarge
from minicpm_tui.families import Size
from minicpm_tui.i18n import _
from minicpm_tui.media.container import open_video
from minicpm_tui.media.pdf import draw_page
from minicpm_tui.media.pictures import pixels
from minicpm_tui.media.pillow import decoding, open_picture, upright_size
from minicpm_tui.media.reader import FrameReader
from minicpm_tui.media.safe_open import open_regular, shown, sniff_file, unsupported
from minicpm_tui.media.sniff import HEAD, Format, sniff
from minicpm_tui.media.videos import upright_image

if TYPE_CHECKING:
    from PIL.Image import Image

_BYTES = "(bytes)"
_PATIENCE_SECONDS = 10.0
_SKIPPED = 0.1  # of a video: its very first frame is often black


def drawn(source: Path | bytes, side: int) -> Image:
    """``source`` as RGB, upright, at most ``side`` pixels wide and high, never enlarged.

    A video gives a frame near its beginning, a PDF its first page. Blocks. Raises MediaError subclasses.
    """
    if isinstance(source, bytes):
        return _picture(io.BytesIO(source), Path(_BYTES), sniff(source[:HEAD]), side)
    file, _status = open_regular(source)
    with file:
        what = sniff_file(file, source)
        if what.kind == "image":
            return _picture(file, source, what, side)
        if what.kind == "video":
            return _frame(file, source, what, side)
        if what.kind == "pdf":
            return draw_page(file, source, side)
    raise unsupported(source, what)


def picture_size(source: Path | bytes) -> Size | None:
    """A picture's own width and height in pixels, upright; None for what is no picture."""
    file = io.BytesIO(source) if isinstance(source, bytes) else open_regular(source)[0]
    path = Path(_BYTES) if isinstance(source, bytes) else source
    with file:
        what = sniff_file(file, path)
        if what.kind != "image":
            return None
        with open_picture(file, path, what) as image:
            return upright_size(image)


def _picture(file: BinaryIO, path: Path, what: Format, side: int) -> Image:
    if what.kind != "image":
        raise unsupported(path, what)
    with open_picture(file, path, what) as image, decoding(path):
        return pixels(image, _within(upright_size(image), side))


def _frame(file: BinaryIO, path: Path, what: Format, side: int) -> Image:
    deadline = time.monotonic() + _PATIENCE_SECONDS

    def check() -> None:
        if time.monotonic() > deadline:
            raise MediaTooLarge(shown(path), title=_("Reading this video takes too long"))

    with open_video(file, path, what) as video:
        found = FrameReader(video, check).near(video.duration * _SKIPPED, video.duration)
        if found is None:
            raise MediaDamaged(shown(path), title=_("No frame of this video can be decoded"))
        return upright_image(found[0], _within(video.shown_size(found[0]), side))


def _within(size: Size, side: int) -> Size:
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
