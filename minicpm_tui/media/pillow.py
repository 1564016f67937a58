"""Pillow, set up for files from anywhere: only the format that the bytes promise, our own limits, no warnings on the screen."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.errors import MediaDamaged, MediaError, MediaTooLarge, MediaUnsupported
from minicpm_tui.i18n import _
from minicpm_tui.media.colour_space import keep_facts
from minicpm_tui.media.heif_boxes import nclx_of
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.png_chunks import png_facts
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.sniff import AVIF, HEIC, JPEG, JPEG2000, PNG, TIFF, WEBP, Format
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
    """The picture, opened but not yet decoded; of several its first. Raises MediaDamaged; MediaTooLarge for more pixels than
    is sane."""
    _load_plugins(opened.format)
    from PIL import Image

    opened.file.seek(0)
    if opened.format in {HEIC, AVIF, WEBP, JPEG2000} and opened.size > MAX_WHOLE_BYTES:
        size = f"{shown(opened.path)}: {format_bytes(opened.size)}"
        raise MediaTooLarge(size, hint=_("reduce its size first"))
    with decoding(opened.path):
        image = _opened_tiff(opened) if opened.format == TIFF else Image.open(opened.file, formats=[opened.format.reader])
        if opened.format == PNG:
            facts = png_facts(opened.file)
            image = _opened_deep_png(opened) if facts.bits > 8 and image.mode in {"RGB", "RGBA"} else image
            keep_facts(image, facts)
        elif opened.format in {HEIC, AVIF}:
            keep_facts(image, nclx_of(opened.file))
    refuse_large(image, opened)
    return image


def _opened_deep_png(opened: Opened) -> Image:
    from minicpm_tui.media.deep_png import DeepPng

    opened.file.seek(0)
    return DeepPng(opened.file)


def _opened_tiff(opened: Opened) -> Image:
    from minicpm_tui.media.deep_tiff import TiffPicture, UnknownTiff

    try:
        return TiffPicture(opened.file)
    except UnknownTiff as error:
        name = _("{name} is a TIFF of a kind that cannot be read here: {kind}").format(name=shown(opened.path), kind=error)
        raise MediaUnsupported(name, hint=_("save it as a PNG or as a TIFF of 8 or 16 bits")) from error


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
    return MAX_COPIED_PIXELS if what in {WEBP, JPEG2000} else MAX_PIXELS


@cache
def _load_plugins(what: Format) -> None:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # ours is checked before anything is decoded; Pillow's would warn on the terminal
    Image.init()
    if what == HEIC:
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)


def _be_quiet() -> None:
    """Pillow tells of small damage through ``warnings`` and ``logging``, which would write across the screen."""
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").addHandler(_NO_LOG)
