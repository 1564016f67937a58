"""Long and wide pictures, and pages, in several pieces: in order, overlapping, not reduced."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageStat

from minicpm_tui.errors import MediaUnsupported
from minicpm_tui.families import by_id
from minicpm_tui.media import AttachmentSpec, MediaLimits, Prepared, expand, prepare
from minicpm_tui.media.fragment import written_spec
from minicpm_tui.media.pieces import MOST_PIECES, good_pieces, in_pieces, pieces_tokens, pixel_box
from tests.media.making import clip, photo

LIMITS = MediaLimits(family=by_id("minicpm-v-2.6"))


def shown(prepared: Prepared) -> Image.Image:
    (blob,) = prepared.blobs.values()
    return Image.open(io.BytesIO(blob.data)).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Of 255, on average."""
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


def in_order(name: str) -> list[Prepared]:
    return [prepare(spec, LIMITS) for spec in expand([name])]


@pytest.mark.parametrize("size", [(300, 2400), (2400, 300)])
def test_the_pieces_are_the_picture(tmp_path: Path, size: tuple[int, int]) -> None:
    whole = photo(size)
    whole.save(tmp_path / "a.png")
    pieces = in_order(f"{tmp_path}/a.png#pieces=4")
    assert [piece.part.name for piece in pieces] == [f"a.png {number}/4" for number in (1, 2, 3, 4)]
    along, at = (0 if size[0] > size[1] else 1), 0
    for number, piece in enumerate(pieces, 1):
        box = pixel_box(size, AttachmentSpec(pieces=4, piece=number))
        assert difference(shown(piece), whole.crop(box)) < 6
        assert box[along] <= at
        assert number == 1 or at - box[along] >= 25, "what lies on a cut is whole in one of the two"
        at = box[along + 2]
        assert (piece.part.source.pieces, piece.part.source.piece) == (4, number)
    assert at == max(size)


def test_a_turned_photo_is_cut_as_it_is_seen(tmp_path: Path) -> None:
    stored = photo((1600, 300))
    exif = Image.Exif()
    exif[0x0112] = 6
    stored.save(tmp_path / "a.jpg", quality=95, exif=exif)
    first, second = in_order(f"{tmp_path}/a.jpg#pieces=2")
    upright = stored.transpose(Image.Transpose.ROTATE_270)
    for piece, number in ((first, 1), (second, 2)):
        assert difference(shown(piece), upright.crop(pixel_box(upright.size, AttachmentSpec(pieces=2, piece=number)))) < 6


def test_a_receipt_is_offered_in_pieces_that_can_be_read(tmp_path: Path) -> None:
    Image.new("RGB", (900, 30_000), "white").save(tmp_path / "receipt.png")
    whole = prepare(AttachmentSpec(path=tmp_path / "receipt.png"), LIMITS)
    (note,) = whole.notes
    count = good_pieces((900, 30_000), LIMITS)
    assert f"#pieces={count}, about {pieces_tokens((900, 30_000), count, LIMITS):,} tokens" in note
    pieces = in_order(f"{tmp_path}/receipt.png#pieces")
    assert len(pieces) == count
    assert all((piece.part.width or 0) > 0.95 * 900 for piece in pieces), "the whole one has 237 pixels across"
    assert all(piece.notes == () for piece in pieces)
    assert sum(piece.tokens for piece in pieces) == pieces_tokens((900, 30_000), count, LIMITS)


@pytest.mark.parametrize("size", [(3000, 2000), (200, 900), (1344, 1344)])
def test_what_reads_as_a_whole_is_not_offered_in_pieces(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, "white").save(tmp_path / "a.png")
    assert prepare(AttachmentSpec(path=tmp_path / "a.png"), LIMITS).notes == ()
    if good_pieces(size, LIMITS) == 1:
        assert [spec.piece for spec in expand([f"{tmp_path}/a.png#pieces"])] == [None]


def test_the_halves_of_a_page_are_drawn_more_finely(tmp_path: Path) -> None:
    page = Image.new("RGB", (595, 842), "white")
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 595, 421), "red")
    draw.rectangle((0, 421, 595, 842), "blue")
    page.save(tmp_path / "a4.pdf", resolution=72)
    whole = prepare(AttachmentSpec(path=tmp_path / "a4.pdf", page=1), LIMITS)
    upper, lower = in_order(f"{tmp_path}/a4.pdf#pieces")
    assert upper.part.width is not None
    assert whole.part.width is not None
    assert upper.part.width > 1.35 * whole.part.width
    assert 1.8 * whole.tokens < upper.tokens + lower.tokens < 2.3 * whole.tokens
    for piece, y, colour in ((upper, 0.1, (255, 0, 0)), (lower, 0.9, (0, 0, 255))):
        image = shown(piece)
        pixel = image.getpixel((image.width // 2, int(image.height * y)))
        assert isinstance(pixel, tuple)
        assert max(abs(ours - theirs) for ours, theirs in zip(pixel, colour, strict=True)) < 12
    assert shown(upper).getpixel((5, upper.part.height - 5 if upper.part.height else 0)) != shown(upper).getpixel((5, 5))


@pytest.mark.parametrize("fragment", ["pieces=3&piece=2", "page=1&pieces=2&piece=1"])
def test_a_piece_is_written_as_it_is_read(tmp_path: Path, fragment: str) -> None:
    Image.new("RGB", (50, 70)).save(tmp_path / "a.pdf")
    Image.new("RGB", (50, 70)).save(tmp_path / "a.png")
    (spec,) = expand([f"{tmp_path}/a.{'pdf' if 'page' in fragment else 'png'}#{fragment}"])
    assert written_spec(spec).endswith(f"#{fragment}")


@pytest.mark.parametrize("fragment", ["pieces=0", "pieces=61", "piece=1", "pieces=2&piece=3", "pieces=x"])
def test_pieces_that_cannot_be(tmp_path: Path, fragment: str) -> None:
    Image.new("RGB", (50, 70)).save(tmp_path / "a.png")
    with pytest.raises(MediaUnsupported, match="value that it cannot have"):
        expand([f"{tmp_path}/a.png#{fragment}"])


def test_a_video_has_no_pieces(tmp_path: Path) -> None:
    with pytest.raises(MediaUnsupported, match="pieces"):
        expand([f"{clip(tmp_path / 'a.mp4', 3)}#pieces=2"])


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(2, MOST_PIECES))
def test_pieces_cover_any_picture(width: int, height: int, count: int) -> None:
    at = 0
    for spec in in_pieces(AttachmentSpec(), count):
        box = pixel_box((width, height), spec)
        begin, end = (box[0], box[2]) if width > height else (box[1], box[3])
        assert begin <= at <= end
        assert begin < end <= max(width, height)
        at = end
    assert at == max(width, height)
