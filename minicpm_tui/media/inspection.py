"""What a file is, quickly: by its content, decoding one frame at most."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from minicpm_tui.errors import MediaDamaged
from minicpm_tui.families import Size
from minicpm_tui.i18n import _
from minicpm_tui.media.animation import ANIMATED
from minicpm_tui.media.container import open_video
from minicpm_tui.media.pdf import first_page
from minicpm_tui.media.pillow import decoding, open_picture, upright_size
from minicpm_tui.media.safe_open import open_regular, shown, sniff_file, unsupported
from minicpm_tui.media.sniff import TIFF, Format
from minicpm_tui.media.spec import MediaInfo
from minicpm_tui.media.tiff import page_frames


def inspect(path: Path) -> MediaInfo:
    """Kind, size and length of the file at ``path``. Blocks a little: call it from a thread.

    Raises MediaNotFound, MediaUnsupported, MediaDamaged or MediaTooLarge.
    """
    file, status = open_regular(path)
    duration = pages = None
    animated = False
    with file:
        what = sniff_file(file, path)
        if what.kind == "image":
            size, animated = _picture(file, path, what)
            if what == TIFF and animated:
                pages, animated = len(page_frames(file, path, what)), False
        elif what.kind == "video":
            size, duration = _video(file, path, what)
        elif what.kind == "pdf":
            size, pages = first_page(file, path)
        else:
            raise unsupported(path, what)
    return MediaInfo(
        kind=what.kind,
        name=shown(path.name),
        format=what.name,
        bytes=status.st_size,
        width=size[0],
        height=size[1],
        duration=duration,
        pages=pages if what != TIFF or pages != 1 else None,
        animated=animated,
    )


def _picture(file: BinaryIO, path: Path, what: Format) -> tuple[Size, bool]:
    """Its size, and whether it holds several pictures."""
    with open_picture(file, path, what) as image, decoding(path):
        return upright_size(image), what in {*ANIMATED, TIFF} and bool(getattr(image, "is_animated", False))


def _video(file: BinaryIO, path: Path, what: Format) -> tuple[Size, float | None]:
    with open_video(file, path, what) as video:
        video.stream.codec_context.thread_type = "SLICE"  # the first frame soonest
        frame = next(video.container.decode(video.stream), None)
        if frame is None:
            raise MediaDamaged(shown(path), title=_("No frame of this video can be decoded"))
        return video.shown_size(frame), video.duration or None
