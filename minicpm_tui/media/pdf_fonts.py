"""Text of a PDF that is not drawn: its font is neither in the file nor on this machine."""

from __future__ import annotations

import ctypes
import re
import time
from typing import Any

_MOST_SECONDS = 1.0
"""For looking at one page: text that was not looked at by then is taken for drawn."""

_OWN_FONTS = b"Chrom"  # PDFium's substitutes for missing fonts begin so, and have Latin letters only
_LATIN = 0x24F
_SUBSET = re.compile(r"[A-Z]{6}\+")


def missing_fonts(document: Any, page: Any) -> tuple[str, ...]:
    """Names of the fonts whose text on the opened page of a pypdfium2 document is left out, sorted. Blocks."""
    import pypdfium2.raw as pdfium

    end = time.monotonic() + _MOST_SECONDS
    text = page.get_textpage()
    found: set[str] = set()
    drawn: set[int] = set()
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
        if time.monotonic() > end:
            break
        font = pdfium.FPDFTextObj_GetFont(item)
        address = ctypes.addressof(font.contents) if font else 0
        hidden = pdfium.FPDFTextObj_GetTextRenderMode(item) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE  # what a scanner has read
        if hidden or not font or address in drawn or pdfium.FPDFFont_GetIsEmbedded(font):
            continue
        if not _string(pdfium.FPDFFont_GetFamilyName, font).startswith(_OWN_FONTS):
            drawn.add(address)
        elif _is_left_out(document, page, text, item):
            found.add(_SUBSET.sub("", _string(pdfium.FPDFFont_GetBaseFontName, font).decode("utf-8", "replace")))
    return tuple(sorted(filter(None, found)))


def _is_left_out(document: Any, page: Any, text: Any, item: Any) -> bool:
    """It has letters that are not Latin, or nothing of it is drawn."""
    import pypdfium2.raw as pdfium

    length = pdfium.FPDFTextObj_GetText(item, text, None, 0)
    buffer = (ctypes.c_ushort * max(length // 2, 1))()
    pdfium.FPDFTextObj_GetText(item, text, buffer, length)
    letters = bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")
    if any(ord(letter) > _LATIN and letter.isalpha() for letter in letters):
        return True
    if not letters.strip() and letters:
        return False  # spaces
    bitmap = pdfium.FPDFTextObj_GetRenderedBitmap(document, page, item, 1.0)
    if bitmap:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return not bitmap


def _string(function: Any, font: Any) -> bytes:
    length = function(font, None, 0)
    buffer = ctypes.create_string_buffer(max(length, 1))
    function(font, buffer, length)
    return buffer.value
