"""Preparing a file that is open, in this very process: whoever calls it has seen to its cost."""

from __future__ import annotations

from minicpm_tui.media.animation import prepare_animation
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.pdf import prepare_page
from minicpm_tui.media.pictures import prepare_picture
from minicpm_tui.media.safe_open import unsupported
from minicpm_tui.media.sniff import ANIMATED
from minicpm_tui.media.spec import Prepared, PrepareOptions
from minicpm_tui.media.videos import prepare_video


def prepare_opened(opened: Opened, options: PrepareOptions) -> Prepared:
    """See ``prepare``. Blocks. Raises as it does."""
    if opened.kind == "image":
        if opened.format in ANIMATED and options.limits.takes_videos and not options.spec.original:
            moving = prepare_animation(opened, options)
            if moving is not None:
                return moving
        return prepare_picture(opened, options)
    if opened.kind == "video":
        return prepare_video(opened, options)
    if opened.kind == "pdf":
        return prepare_page(opened, options)
    raise unsupported(opened.path, opened.format)
