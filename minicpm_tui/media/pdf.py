"""Pages of a PDF as pictures, drawn as finely as the model can see."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from minicpm_tui.errors import MediaDamaged, MediaTooLarge
from minicpm_tui.families import Size, image_tokens, kept_size
from minicpm_tui.i18n import _
from minicpm_tui.media.encode import Encoder
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.pdf_fonts import missing_fonts
from minicpm_tui.media.pictures import picture_part
from minicpm_tui.media.pieces import Box, drawn_size, piece_box, piece_name
from minicpm_tui.media.pillow import decoding
from minicpm_tui.media.safe_open import no_such_page, shown
from minicpm_tui.media.sources import source_of
from minicpm_tui.media.spec import Prepared, PrepareOptions
from minicpm_tui.text import format_bytes, one_line

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 500_000_000


def prepare_page(opened: Opened, options: PrepareOptions) -> Prepared:
    """The page of the PDF that is wanted, the first unless one is.

    Blocks. PDFium reads a page in one go, which a few hundred bytes can make last for ever. Raises MediaDamaged, MediaTooLarge;
    MediaNotFound when there is no such page.
    """
    spec, limits, path = options.spec, options.limits, opened.path
    number = spec.page or 1
    with _document(opened) as document:
        pages = len(document)
        if not 1 <= number <= pages:
            raise no_such_page(path, number, pages)
        box = piece_box(_points(document, number - 1), spec)
        fine = drawn_size(box[2] - box[0], box[3] - box[1])
        size = kept_size(*fine, limits.family, at_most=spec.slices)
        blob = Encoder(_draw(document, number - 1, size, box)).blob
        notes = _font_notes(document, number - 1)
    name = piece_name(f"{shown(path.name)} {number}" if pages > 1 else shown(path.name), spec)
    part, blobs = picture_part(blob, size, name, source_of(opened, spec, page=number))
    if spec.page is None and pages > 1:
        notes = (_("only page 1 of {count} is sent").format(count=pages), *notes)
    return Prepared(part, blobs, image_tokens(limits.family, *size), notes)


def first_page(opened: Opened) -> tuple[Size, int]:
    """The first page's width and height in points, and how many pages there are."""
    with _document(opened) as document:
        if not len(document):
            raise MediaDamaged(shown(opened.path), title=_("The PDF has no pages"))
        width, height = _points(document, 0)
        return (round(width), round(height)), len(document)


def draw_page(opened: Opened, side: int) -> Image:
    """The first page, at most ``side`` pixels wide and high. Raises MediaDamaged, MediaTooLarge."""
    with _document(opened) as document:
        width, height = _points(document, 0)
        scale = side / max(width, height)
        return _draw(document, 0, (max(1, round(width * scale)), max(1, round(height * scale))))


def _draw(document: Any, index: int, size: Size, box: Box | None = None) -> Image:
    """A page, or the part of it in ``box`` (points from its top left corner), as RGB of ``size`` pixels."""
    from PIL.Image import Resampling

    width, height = _points(document, index)
    left, top, right, bottom = box or (0, 0, width, height)
    scale = max(size[0] / (right - left), size[1] / (bottom - top))
    drawn: Image = document[index].render(scale=scale, crop=(left, height - bottom, width - right, top)).to_pil()
    return drawn.convert("RGB").resize(size, Resampling.LANCZOS)


def _font_notes(document: Any, index: int) -> tuple[str, ...]:
    """What to tell of text that is left out (translated)."""
    fonts = missing_fonts(document, document[index])
    if not fonts:
        return ()
    text = _("text is missing in the picture: {fonts} is not in the PDF and not on this machine")
    return (text.format(fonts=one_line(", ".join(fonts), 100)),)


def _points(document: Any, index: int) -> tuple[float, float]:
    """Width and height of a page, without reading what is on it."""
    width, height = document.get_page_size(index)
    return max(float(width), 1.0), max(float(height), 1.0)


@contextlib.contextmanager
def _document(opened: Opened) -> Iterator[Any]:
    if opened.size > MAX_BYTES:
        size = f"{shown(opened.path)}: {format_bytes(opened.size)}"
        raise MediaTooLarge(size, hint=_("save the pages you need as a separate PDF"))
    import pypdfium2

    with decoding(opened.path):
        try:
            document = pypdfium2.PdfDocument(opened.file)
        except pypdfium2.PdfiumError as error:
            locked = getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD
            title = _("This PDF needs a password") if locked else ""
            hint = _("save it without the password first") if locked else _("open it in another program and save it again")
            raise MediaDamaged(shown(opened.path), title=title, hint=hint) from error
        try:
            document.init_forms()  # PDFium draws no field of a form before
            yield document
        finally:
            document.close()
