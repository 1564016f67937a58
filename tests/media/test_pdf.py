"""Pages of a PDF as they are sent, and web addresses."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui.errors import MediaDamaged, MediaNotFound
from minicpm_tui.families import by_id, grid
from minicpm_tui.media import AttachmentSpec, MediaLimits, inspect, prepare
from minicpm_tui.messages import ImagePart, VideoPart
from tests.media.making import BLUE, GREEN, RED, corners, near

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
