"""PDFs: forms that are filled in, marks, signatures, and text in fonts that are not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from PIL import Image

from tests.media.samples.sample import Sample

_PAGE = (240, 160)
Box = tuple[int, int, int, int]


def make(folder: Path, random: Random) -> Iterator[Sample]:
    """All of them."""
    boxes = [(20, 20, 60, 50), (100, 30, 150, 90), (170, 90, 220, 140)]
    colours = [(random.randrange(20, 200), random.randrange(20, 200), random.randrange(20, 200)) for _ in boxes]
    truth = Image.new("RGB", _PAGE, "white")
    for (left, low, right, high), colour in zip(boxes, colours, strict=True):
        truth.paste(colour, (left, _PAGE[1] - high, right, _PAGE[1] - low))
    for name, field in (
        ("text", b"/FT/Tx/V(filled)"),
        ("check", b"/FT/Btn/V/Yes/AS/Yes"),
        ("signature", b"/FT/Sig/V<<>>"),
        ("choice", b"/FT/Ch/V(a)"),
    ):
        (folder / f"form-{name}.pdf").write_bytes(form(field, boxes, colours))
        yield Sample(folder / f"form-{name}.pdf", (truth,), silent=True)
    (folder / "unchecked.pdf").write_bytes(form(b"/FT/Btn/V/Off/AS/Off", boxes, colours))
    yield Sample(folder / "unchecked.pdf", (Image.new("RGB", _PAGE, "white"),), silent=True)
    (folder / "stamp.pdf").write_bytes(form(None, boxes, colours))
    yield Sample(folder / "stamp.pdf", (truth,), silent=True)
    (folder / "font.pdf").write_bytes(missing_font())
    yield Sample(folder / "font.pdf", (Image.new("RGB", _PAGE, "white"),), says=("KaiTi-Made-Up",))
    for turn in (0, 90, 180, 270):
        path = folder / f"rotated-{turn}.pdf"
        path.write_bytes(form(b"/FT/Tx", boxes, colours, turn))
        yield Sample(path, (truth.rotate(-turn, expand=True),), silent=True)
    pages = [Image.new("RGB", _PAGE, colour) for colour in colours]
    pages[0].save(folder / "pages.pdf", save_all=True, append_images=pages[1:])
    for index, each in enumerate(pages, 1):
        yield Sample(folder / "pages.pdf", (each,), wishes={"page": index}, silent=True)


def form(field: bytes | None, boxes: Sequence[Box], colours: Sequence[tuple[int, int, int]], turn: int = 0) -> bytes:
    """A page with a field of that kind (a stamp, when None) at each of the boxes, drawn in its colour."""
    first = 5
    numbers = range(first, first + 2 * len(boxes), 2)
    references = b" ".join(b"%d 0 R" % number for number in numbers)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R" + (b"/AcroForm<</Fields[%s]>>" % references if field else b"") + b">>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Rotate %d/Contents 4 0 R/Annots[%s]>>" % (*_PAGE, turn, references),
        _stream(b""),
    ]
    for number, box, colour in zip(numbers, boxes, colours, strict=True):
        kind = b"/Subtype/Widget/T(f%d)" % number + field if field else b"/Subtype/Stamp"
        look = b"/N %d 0 R" % (number + 1)
        if field and b"/Btn" in field:
            look = b"/N<</Yes %d 0 R>>" % (number + 1)
        objects.append(b"<</Type/Annot%s/F 4/Rect[%d %d %d %d]/AP<<%s>>>>" % (kind, *box, look))
        size = (box[2] - box[0], box[3] - box[1])
        red, green, blue = (value / 255 for value in colour)
        paint = b"%.4f %.4f %.4f rg 0 0 %d %d re f" % (red, green, blue, *size)
        objects.append(_stream(paint, b"/Type/XObject/Subtype/Form/BBox[0 0 %d %d]" % size))
    return written(objects)


def missing_font(*, hidden: bool = False) -> bytes:
    """Characters of private use in a font that is nowhere, alone; ``hidden`` as a scanner writes what it has read."""
    system = b"<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>"
    shape = b"/Flags 6/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80"
    text = "\ue123\ue124\ue125".encode("utf-16-be").hex().encode()
    return written(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>" % _PAGE,
            _stream(b"BT %d Tr /F 40 Tf 20 100 Td <" % (3 if hidden else 0) + text + b"> Tj ET"),
            b"<</Type/Font/Subtype/Type0/BaseFont/ABCDEF+KaiTi-Made-Up/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
            b"<</Type/Font/Subtype/CIDFontType0/BaseFont/ABCDEF+KaiTi-Made-Up/CIDSystemInfo%s/FontDescriptor 7 0 R>>" % system,
            b"<</Type/FontDescriptor/FontName/ABCDEF+KaiTi-Made-Up%s>>" % shape,
        ]
    )


def _stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def written(objects: Sequence[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + table + b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out)))
