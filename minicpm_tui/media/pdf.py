"""Pages of a PDF as pictures, drawn as finely as the model can see."""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from minicpm_tui.errors import MediaDamaged, MediaTooLarge
from minicpm_tui.families import Size, image_tokens, kept_size
from minicpm_tui.i18n import _
from minicpm_tui.media.encode import Encoder
from minicpm_tui.media.pdf_render import draw
from minicpm_tui.media.pictures import picture_part
from minicpm_tui.media.pillow import MAX_SIDE, decoding
from minicpm_tui.media.safe_open import no_such_page, shown
from minicpm_tui.media.sources import source_of
from minicpm_tui.media.spec import AttachmentSpec, Cancelled, MediaLimits, Prepared
from minicpm_tui.text import format_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 500_000_000
_DRAWN_PIXELS = 16_000_000  # finer than any slicing keeps
_PATIENCE_SECONDS = 10.0
_LOCK = threading.Lock()  # PDFium is not thread-safe


def prepare_page(file: BinaryIO, path: Path, spec: AttachmentSpec, limits: MediaLimits, cancelled: Cancelled | None) -> Prepared:
    """Page ``spec.page`` (the first unless given) of the PDF in the opened ``file``.

    Blocks. Raises MediaDamaged, MediaTooLarge, PreparationCancelled; MediaNotFound when there is no such page.
    """
    number = spec.page or 1
    with _opened(file, path) as document:
        pages = len(document)
        if not 1 <= number <= pages:
            raise no_such_page(path, number, pages)
        size = _size(*_points(document, number - 1), spec, limits)
    blob = Encoder(draw(file, path, number - 1, size, cancelled=cancelled)).blob
    name = f"{shown(path.name)} {number}" if pages > 1 else shown(path.name)
    part, blobs = picture_part(blob, size, name, source_of(file, path, spec, page=number))
    notes = (_("only page 1 of {count} is sent").format(count=pages),) if spec.page is None and pages > 1 else ()
    return Prepared(part, blobs, image_tokens(limits.family, *size, limits.max_slices), notes)


def first_page(file: BinaryIO, path: Path) -> tuple[Size, int]:
    """The first page's width and height in points, and how many pages there are."""
    with _opened(file, path) as document:
        if not len(document):
            raise MediaDamaged(shown(path), title=_("The PDF has no pages"))
        width, height = _points(document, 0)
        return (round(width), round(height)), len(document)


def draw_page(file: BinaryIO, path: Path, side: int) -> Image:
    """The first page, at most ``side`` pixels wide and high. Raises as ``draw`` does."""
    with _opened(file, path) as document:
        width, height = _points(document, 0)
    scale = side / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return draw(file, path, 0, size, patience=_PATIENCE_SECONDS)


def _size(width: float, height: float, spec: AttachmentSpec, limits: MediaLimits) -> Size:
    """What the slices keep of a very fine drawing of a page of that size in points."""
    scale = min(math.sqrt(_DRAWN_PIXELS / (width * height)), MAX_SIDE / max(width, height))
    fine = max(1, round(width * scale)), max(1, round(height * scale))
    return kept_size(*fine, limits.family, limits.max_slices, at_most=spec.slices)


def _points(document: Any, index: int) -> tuple[float, float]:
    """Width and height of a page, without reading what is on it."""
    width, height = document.get_page_size(index)
    return max(float(width), 1.0), max(float(height), 1.0)


@contextlib.contextmanager
def _opened(file: BinaryIO, path: Path) -> Iterator[Any]:
    length = os.fstat(file.fileno()).st_size
    if length > MAX_BYTES:
        raise MediaTooLarge(f"{shown(path)}: {format_bytes(length)}", hint=_("save the pages you need as a separate PDF"))
    import pypdfium2

    with _LOCK, decoding(path):
        try:
            document = pypdfium2.PdfDocument(file)
        except pypdfium2.PdfiumError as error:
            locked = getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD
            title = _("This PDF needs a password") if locked else ""
            hint = _("save it without the password first") if locked else _("open it in another program and save it again")
            raise MediaDamaged(shown(path), title=title, hint=hint) from error
        try:
            yield document
        finally:
            document.close()
