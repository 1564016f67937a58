"""What an open file is: decodes one frame at most, in this very process."""

from __future__ import annotations

from minicpm_tui.errors import MediaDamaged
from minicpm_tui.families import Size
from minicpm_tui.i18n import _
from minicpm_tui.media.container import open_video
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.orientation import upright_size
from minicpm_tui.media.pdf import first_page
from minicpm_tui.media.pillow import decoding, open_picture
from minicpm_tui.media.safe_open import shown, unsupported
from minicpm_tui.media.sniff import ANIMATED, PAGED
from minicpm_tui.media.spec import MediaInfo
from minicpm_tui.media.tiff import page_frames


def info_of(opened: Opened) -> MediaInfo:
    """Kind, size and length of an open file. Blocks a little. Raises MediaUnsupported, MediaDamaged or MediaTooLarge."""
    duration = pages = None
    animated = False
    if opened.kind == "image":
        size, animated = _picture(opened)
        if opened.format in PAGED and animated:
            pages, animated = len(page_frames(opened)), False
    elif opened.kind == "video":
        size, duration = _video(opened)
    elif opened.kind == "pdf":
        size, pages = first_page(opened)
    else:
        raise unsupported(opened.path, opened.format)
    return MediaInfo(
        kind=opened.kind,
        name=shown(opened.path.name),
        format=opened.format.name,
        bytes=opened.size,
        width=size[0],
        height=size[1],
        duration=duration,
        pages=pages if opened.format not in PAGED or pages != 1 else None,
        animated=animated,
    )


def _picture(opened: Opened) -> tuple[Size, bool]:
    """Its size, and whether it holds several pictures."""
    with open_picture(opened) as image, decoding(opened.path):
        return upright_size(image), opened.format in ANIMATED | PAGED and bool(getattr(image, "is_animated", False))


def _video(opened: Opened) -> tuple[Size, float | None]:
    with open_video(opened) as video:
        video.stream.codec_context.thread_type = "SLICE"  # the first frame soonest
        frame = next(video.container.decode(video.stream), None)
        if frame is None:
            raise MediaDamaged(shown(opened.path), title=_("No frame of this video can be decoded"))
        return video.shown_size(frame), video.duration or None
