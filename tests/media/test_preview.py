"""Previews: contact sheets, slices, regions, cached thumbnails."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui.errors import MediaDamaged, MediaNotFound, MediaUnsupported
from minicpm_tui.families import by_id
from minicpm_tui.media import preview
from minicpm_tui.media.markings import COLOURS, regions_overlay, slices_overlay
from minicpm_tui.media.small_picture import drawn
from minicpm_tui.media.thumbnails import SIDE, thumbnail
from minicpm_tui.messages.grounding import regions_of
from minicpm_tui.paths import cache_dir
from tests.media.making import BLUE, GREEN, RED, WHITE, Colour, clip, corners, near, quarters

V26 = by_id("minicpm-v-2.6")


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def test_videos_and_pdfs_have_previews(tmp_path: Path) -> None:
    video = clip(tmp_path / "a.mp4", 20, pictures=[quarters((64, 48))] * 20)
    pdf = tmp_path / "a.pdf"
    quarters((64, 48)).save(pdf)
    for path in (video, pdf):
        image = drawn(path, 64)
        assert image.size == (64, 48)
        assert all(near(*pair, by=40) for pair in zip(corners(image), [RED, GREEN, BLUE, WHITE], strict=True))


def test_drawings_fit_and_are_never_enlarged() -> None:
    assert drawn(png(quarters((800, 600))), 100).size == (100, 75)
    assert drawn(png(quarters((8, 6))), 100).size == (8, 6)


def test_a_contact_sheet_has_the_frames_in_order() -> None:
    frames = [png(Image.new("RGB", (64, 48), colour)) for colour in (RED, GREEN, BLUE, WHITE)]
    sheet = opened(preview.contact_sheet(frames, ["0:00", "1:01", "1:02:03", "0:04.5"], width=132))
    assert sheet.size == (132, 100)
    assert [corners(sheet.crop((x, y + 20, x + 64, y + 48)))[3] for y in (0, 52) for x in (0, 68)] == [RED, GREEN, BLUE, WHITE]


def test_a_contact_sheet_needs_frames() -> None:
    with pytest.raises(ValueError, match="no frames"):
        preview.contact_sheet([])


def test_the_slices_are_drawn_where_the_server_cuts() -> None:
    picture = png(Image.new("RGB", (1344, 1344), WHITE))
    drawn = opened(slices_overlay(picture, V26, side=300))
    red = [x for x in range(300) if (pixel := drawn.getpixel((x, 50))) and isinstance(pixel, tuple) and pixel[1] < 128]
    assert [x // 10 for x in red] in ([9, 19], [9, 20], [10, 20])
    assert opened(slices_overlay(png(Image.new("RGB", (400, 400), WHITE)), V26, side=1280)).getcolors() == [(160000, WHITE)]


@pytest.mark.parametrize("side", [40, 1200])
def test_regions_are_drawn_where_they_are_each_in_its_colour(side: int) -> None:
    text = "<ref>a</ref><box>100 100 500 500</box> <quad>600 600 900 600 900 900 600 900</quad> <point>50 950</point>"
    marked = opened(regions_overlay(png(Image.new("RGB", (1200, 1200), WHITE)), regions_of(text), side=side))
    assert marked.size == (side, side)

    def at(across: float, down: float) -> Colour:
        pixel = marked.getpixel((round(across * (side - 1)), round(down * (side - 1))))
        assert isinstance(pixel, tuple)
        return pixel

    assert at(0.1, 0.3) == at(0.5, 0.3) == at(0.3, 0.5) == COLOURS[0]
    assert at(0.6, 0.75) == at(0.9, 0.75) == COLOURS[1]
    assert at(0.05, 0.95) == COLOURS[2]
    assert at(0.55, 0.55) == at(0.3, 0.3) == WHITE


def test_thumbnails_are_kept_until_the_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    quarters((800, 600)).save(path)
    first = thumbnail(path)
    assert max(opened(first).size) == SIDE
    [kept] = (cache_dir() / "previews").iterdir()
    kept.write_bytes(b"from the cache")
    assert thumbnail(path) == b"from the cache"
    quarters((600, 800)).save(path)
    assert opened(thumbnail(path)).size == (240, 320)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.png")
    cache_dir().parent.mkdir(parents=True, exist_ok=True)
    cache_dir().write_text("a file where the folder should be")
    assert opened(thumbnail(tmp_path / "a.png")).size == (80, 60)


def test_what_cannot_be_shown_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("hello")
    with pytest.raises(MediaUnsupported, match="plain text"):
        thumbnail(tmp_path / "a.png")
    with pytest.raises(MediaNotFound):
        thumbnail(tmp_path / "absent.png")
    with pytest.raises(MediaDamaged):
        drawn(png(quarters())[:60], 10)
