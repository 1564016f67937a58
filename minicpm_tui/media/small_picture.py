"""Any file, or a picture's bytes, as a small RGB picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.errors import MediaDamaged
from minicpm_tui.families import Size
from minicpm_tui.i18n import _
from minicpm_tui.media.container import open_video
from minicpm_tui.media.frame_image import upright_image
from minicpm_tui.media.opened import Opened, open_media, opened_bytes
from minicpm_tui.media.orientation import upright_size
from minicpm_tui.media.pdf import draw_page
from minicpm_tui.media.pictures import pixels
from minicpm_tui.media.pillow import decoding, open_picture
from minicpm_tui.media.reader import FrameReader
from minicpm_tui.media.safe_open import shown, unsupported

if TYPE_CHECKING:
    from PIL.Image import Image

_BYTES = "(bytes)"
_SKIPPED = 0.1  # of a video: its very first frame is often black


def drawn(source: Path | bytes, side: int) -> Image:
    """``source`` as RGB, upright, at most ``side`` pixels wide and high, never enlarged.

    A video gives a frame near its beginning, a PDF its first page. Blocks. Raises MediaError subclasses.
    """
    with _open(source) as opened:
        if opened.kind == "image":
            return _picture(opened, side)
        if opened.kind == "video" and not isinstance(source, bytes):
            return _frame(opened, side)
        if opened.kind == "pdf" and not isinstance(source, bytes):
            return draw_page(opened, side)
    raise unsupported(opened.path, opened.format)


def picture_size(source: Path | bytes) -> Size | None:
    """A picture's own width and height in pixels, upright; None for what is no picture."""
    with _open(source) as opened:
        if opened.kind != "image":
            return None
        with open_picture(opened) as image:
            return upright_size(image)


def _open(source: Path | bytes) -> Opened:
    return opened_bytes(source, _BYTES) if isinstance(source, bytes) else open_media(source)


def _picture(opened: Opened, side: int) -> Image:
    with open_picture(opened) as image, decoding(opened.path):
        return pixels(image, _within(upright_size(image), side))


def _frame(opened: Opened, side: int) -> Image:
    with open_video(opened) as video:
        found = FrameReader(video, lambda: None).near(video.duration * _SKIPPED, video.duration)
        if found is None:
            raise MediaDamaged(shown(opened.path), title=_("No frame of this video can be decoded"))
        return upright_image(found[0], _within(video.shown_size(found[0]), side))


def _within(size: Size, side: int) -> Size:
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
