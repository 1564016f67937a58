"""Pages of a PDF as they are sent, and web addresses."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui.errors import MediaDamaged, MediaNotFound, MediaTooLarge
from minicpm_tui.families import by_id, grid
from minicpm_tui.media import AttachmentSpec, MediaLimits, PreparationCancelled, inspect, prepare
from minicpm_tui.media.thumbnails import thumbnail
from minicpm_tui.messages import ImagePart, VideoPart
from tests.media.making import BLUE, GREEN, RED, corners, near
from tests.media.samples.documents import missing_font, written

LIMITS = MediaLimits(family=by_id("minicpm-v-2.6"))


@pytest.fixture
def book(tmp_path: Path) -> Path:
    pages = [Image.new("RGB", (210, 297), colour) for colour in (RED, GREEN, BLUE)]
    pages[0].save(tmp_path / "book.pdf", save_all=True, append_images=pages[1:], resolution=72)
    return tmp_path / "book.pdf"


def test_a_page_fills_what_the_model_can_see(book: Path) -> None:
    prepared = prepare(AttachmentSpec(path=book, page=2), LIMITS)
    part = prepared.part
    assert isinstance(part, ImagePart)
    [blob] = prepared.blobs.values()
    image = Image.open(io.BytesIO(blob.data))
    assert near(corners(image)[0], GREEN)
    cut = grid(*image.size, LIMITS.family)
    assert image.size == (cut.width, cut.height)
    assert cut.slices >= 8
    assert (part.name, part.source.page) == ("book.pdf 2", 2)


def test_without_a_page_it_is_the_first_and_that_is_said(book: Path) -> None:
    prepared = prepare(AttachmentSpec(path=book), LIMITS)
    [blob] = prepared.blobs.values()
    assert near(corners(Image.open(io.BytesIO(blob.data)))[0], RED)
    assert "of 3" in prepared.notes[0]


def test_what_it_is(book: Path) -> None:
    info = inspect(book.rename(book.with_name("misnamed.jpg")))
    assert (info.kind, info.pages, info.width, info.height) == ("pdf", 3, 210, 297)


def test_a_page_that_is_not_there(book: Path) -> None:
    with pytest.raises(MediaNotFound, match="it has 3 pages"):
        prepare(AttachmentSpec(path=book, page=4), LIMITS)


def test_a_value_without_a_drawing_of_its_own_is_drawn(tmp_path: Path) -> None:
    """Programs that fill in forms may leave it to the viewer how a value looks (NeedAppearances)."""
    font = b"<</Font<</Helv<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(HHHH)/DA(/Helv 40 Tf 0 g)/F 4/Rect[20 60 220 110]>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/NeedAppearances true/DA(/Helv 40 Tf 0 g)/DR%s>>>>" % font,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 240 160]/Annots[4 0 R]>>",
        field,
    ]
    (tmp_path / "form.pdf").write_bytes(written(objects))
    prepared = prepare(AttachmentSpec(path=tmp_path / "form.pdf"), LIMITS)
    [blob] = prepared.blobs.values()
    assert min(Image.open(io.BytesIO(blob.data)).convert("L").tobytes()) < 60


def test_text_that_only_a_scanner_read_is_not_missed(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(missing_font(hidden=True))
    assert prepare(AttachmentSpec(path=tmp_path / "scan.pdf"), LIMITS).notes == ()


def test_a_broken_pdf(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    with pytest.raises(MediaDamaged):
        prepare(AttachmentSpec(path=tmp_path / "a.pdf"), LIMITS)


def test_web_addresses_are_passed_on() -> None:
    picture = prepare(AttachmentSpec(url="https://example.com/a%20b.jpg?size=1"), LIMITS)
    assert isinstance(picture.part, ImagePart)
    assert (picture.part.name, picture.part.source.url) == ("a b.jpg", "https://example.com/a%20b.jpg?size=1")
    assert not picture.blobs
    assert picture.tokens == 665
    assert isinstance(prepare(AttachmentSpec(url="https://example.com/clip.mp4"), LIMITS).part, VideoPart)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A page that draws a form, which draws itself twice: PDFium would be at it for years."""
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</F 4 0 R>>>>/Length 11>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R/Resources<</XObject<</F 4 0 R>>>>>>",
        form + b"stream\n/F Do /F Do\nendstream",
        b"<</Length 5>>stream\n/F Do\nendstream",
    ]
    numbered = (b"%d 0 obj\n%s\nendobj\n" % (number, content) for number, content in enumerate(objects, 1))
    (tmp_path / "endless.pdf").write_bytes(b"%PDF-1.7\n" + b"".join(numbered) + b"trailer<</Root 1 0 R>>\n%%EOF")
    return tmp_path / "endless.pdf"


def test_a_page_that_would_take_for_ever_is_given_up(endless: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minicpm_tui.media.thumbnails.GLANCE_SECONDS", 1.0)
    assert (inspect(endless).width, inspect(endless).height) == (600, 800)
    with pytest.raises(MediaTooLarge, match="takes too long"):
        thumbnail(endless)


def test_drawing_a_page_stops_when_it_is_no_longer_wanted(endless: Path) -> None:
    asked = iter([False, False, True])
    with pytest.raises(PreparationCancelled):
        prepare(AttachmentSpec(path=endless), LIMITS, cancelled=lambda: next(asked))


def test_a_page_as_thin_as_a_thread(tmp_path: Path) -> None:
    Image.new("RGB", (14_000, 1), RED).save(tmp_path / "thin.pdf", resolution=72)
    part = prepare(AttachmentSpec(path=tmp_path / "thin.pdf"), LIMITS).part
    assert isinstance(part, ImagePart)
    assert part.width is not None
    assert part.width <= 65_000
