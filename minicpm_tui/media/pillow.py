"""Pillow, set up for files from anywhere: only the format that the bytes promise, our own limits, no warnings on the screen."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.errors import MediaDamaged, MediaError, MediaTooLarge
from minicpm_tui.i18n import _
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.openers import opened_image
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.sniff import AVIF, HEIC, JPEG, JPEG2000, JXL, PSD, WEBP, Format
from minicpm_tui.media.spec import PreparationCancelled
from minicpm_tui.text import format_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 120_000_000
"""A larger picture is refused: decoded it would take half a gigabyte."""

MAX_JPEG_PIXELS = 220_000_000
"""JPEGs are decoded at a fraction of their size, so that a phone's 200 megapixels are fine; progressive ones are not."""

MAX_COPIED_PIXELS = 64_000_000
"""For the formats whose decoders hold the picture several times over."""

MAX_SIDE = 65_000
"""JPEG has no longer ones, and nothing is to be seen on a thread."""

MAX_WHOLE_BYTES = 200_000_000
"""For the formats whose decoders read the whole file into memory."""

_NO_LOG = logging.NullHandler()


@contextlib.contextmanager
def decoding(path: Path | str) -> Iterator[None]:
    """Turns whatever a decoder raises on a hostile or broken file into MediaDamaged or MediaTooLarge."""
    _be_quiet()
    try:
        yield
    except (MediaError, PreparationCancelled):
        raise
    except MemoryError as error:
        raise MediaTooLarge(shown(path), hint=_("reduce its size first")) from error
    except Exception as error:
        raise MediaDamaged(shown(path), hint=_("open it in another program and save it again")) from error


def open_picture(opened: Opened) -> Image:
    """The picture, opened but not yet decoded; of several its first.

    Raises MediaDamaged; MediaUnsupported for what cannot be read here; MediaTooLarge for more pixels than is sane.
    """
    _load_plugins(opened.format)
    if opened.format in {HEIC, AVIF, WEBP, JPEG2000, JXL, PSD} and opened.size > MAX_WHOLE_BYTES:
        size = f"{shown(opened.path)}: {format_bytes(opened.size)}"
        raise MediaTooLarge(size, hint=_("reduce its size first"))
    with decoding(opened.path):
        image = opened_image(opened)
    refuse_large(image, opened)
    return image


def refuse_large(image: Image, opened: Opened) -> None:
    """Raises MediaTooLarge where the picture that ``image`` stands at has more pixels than is sane."""
    limit = _most_pixels(image, opened.format)
    if image.width * image.height > limit or max(image.size) > MAX_SIDE:
        size = _("{name}: {width}×{height} pixels").format(name=shown(opened.path), width=image.width, height=image.height)
        hint = _("reduce it to at most {count} megapixels first").format(count=limit // 1_000_000)
        raise MediaTooLarge(size, hint=_("reduce its size first") if max(image.size) > MAX_SIDE else hint)


def _most_pixels(image: Image, what: Format) -> int:
    if what == JPEG and "progressive" not in image.info:
        return MAX_JPEG_PIXELS
    return MAX_COPIED_PIXELS if what in {WEBP, JPEG2000, JXL} else MAX_PIXELS


@cache
def _load_plugins(what: Format) -> None:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # ours is checked before anything is decoded; Pillow's would warn on the terminal
    if what == HEIC:
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)


def _be_quiet() -> None:
    """Pillow tells of small damage through ``warnings`` and ``logging``, which would write across the screen."""
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").addHandler(_NO_LOG)
