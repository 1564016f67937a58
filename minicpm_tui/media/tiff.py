"""Pages of a TIFF: a scan has several, and some files keep small copies of a picture beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minicpm_tui.media.opened import Opened
from minicpm_tui.media.pillow import decoding, open_picture, refuse_large
from minicpm_tui.media.safe_open import no_such_page

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PAGES = 5000
"""Pages of a TIFF that are looked for."""

_KIND, _OLD_KIND = 254, 255  # the tags NewSubfileType and SubfileType of TIFF 6.0
_NO_PAGE = 1 | 4  # a reduced copy of another picture, a mask for it


def page_frames(opened: Opened) -> list[int]:
    """Where the pages of the TIFF stand among its pictures, some of which are small copies of others.

    Decodes nothing. Raises MediaDamaged, MediaTooLarge.
    """
    with open_picture(opened) as image, decoding(opened.path):
        return _frames(image)


def seek_page(image: Image, opened: Opened, number: int) -> None:
    """Let ``image``, which is that TIFF, stand at page ``number`` (from 1). Raises MediaNotFound, MediaDamaged, MediaTooLarge."""
    with decoding(opened.path):
        frames = _frames(image)
        if not 1 <= number <= len(frames):
            raise no_such_page(opened.path, number, len(frames))
        image.seek(frames[number - 1])
    refuse_large(image, opened)


def _frames(image: Image) -> list[int]:
    found = []
    for index in range(MOST_PAGES):
        try:
            image.seek(index)
        except EOFError:
            break
        if not _is_copy(image):
            found.append(index)
    return found or [0]


def _is_copy(image: Image) -> bool:
    tags = getattr(image, "tag_v2", {})
    kind = tags.get(_KIND, 0)
    return bool(isinstance(kind, int) and kind & _NO_PAGE) or tags.get(_OLD_KIND) == 2
