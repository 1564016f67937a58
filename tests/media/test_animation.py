"""Pictures that move are sent as the videos they are, with their times; where there are no videos, as their first frame."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui.errors import MediaError
from minicpm_tui.families import by_id
from minicpm_tui.media import AttachmentSpec, MediaLimits, Prepared, inspect, prepare
from minicpm_tui.media.animation import MOST_FRAMES
from minicpm_tui.messages import ImagePart, VideoPart
from tests.media.making import GREEN, RED, corners, near, number_of, numbered

LIMITS = MediaLimits(family=by_id("minicpm-v-4.5"))
KINDS = ["a.gif", "a.webp", "a.png", "a.avif"]


def moving(path: Path, durations: list[int]) -> Path:
    """An animation whose frame ``i`` is ``numbered(i)``, shown for so many milliseconds."""
    first, *others = [numbered(index + 1) for index in range(len(durations))]
    first.save(path, save_all=True, append_images=others, duration=durations, lossless=True, loop=0)
    return path


def sent(path: Path, limits: MediaLimits = LIMITS, **wishes: float) -> Prepared:
    return prepare(AttachmentSpec(path=path, **wishes), limits)  # type: ignore[arg-type]


def frames_of(prepared: Prepared) -> list[tuple[int, float]]:
    """Which frame of the animation each sent one is, and its time."""
    assert isinstance(prepared.part, VideoPart)
    shown = []
    for frame in prepared.part.frames:
        with Image.open(io.BytesIO(prepared.blobs[frame.sha256].data)) as image:
            shown.append((number_of(image), frame.time))
    return shown


@pytest.mark.parametrize("name", KINDS)
def test_the_frames_and_when_they_are_shown(tmp_path: Path, name: str) -> None:
    prepared = sent(moving(tmp_path / name, [500, 1000, 250]))
    assert frames_of(prepared) == [(1, 0.0), (2, 0.5), (3, 1.5)]
    assert prepared.part.source.duration == pytest.approx(1.75)
    assert prepared.notes == ()


def test_a_long_one_is_sampled_like_a_video(tmp_path: Path) -> None:
    path = moving(tmp_path / "a.gif", [500] * 40)
    assert [time for _number, time in frames_of(sent(path))] == pytest.approx([n * 19.5 / 19 // 0.5 / 2 for n in range(20)])
    assert [number for number, _time in frames_of(sent(path, start=5, end=10, count=3))] == [11, 16, 21]
    with pytest.raises(MediaError, match=r"20\.0 seconds long"):
        sent(path, start=30)


@pytest.mark.parametrize(
    "limits",
    [MediaLimits(family=by_id("minicpm-llama3-v-2.5")), MediaLimits(family=by_id("minicpm-v-4.5"), videos=0)],
)
@pytest.mark.parametrize("name", KINDS)
def test_without_videos_it_is_its_first_frame_and_that_is_said(tmp_path: Path, limits: MediaLimits, name: str) -> None:
    prepared = sent(moving(tmp_path / name, [100, 100]), limits)
    assert isinstance(prepared.part, ImagePart)
    assert "only its first frame" in prepared.notes[0]
    with Image.open(io.BytesIO(prepared.blobs[prepared.part.digests[0]].data)) as image:
        assert number_of(image) == 1


@pytest.mark.parametrize("name", KINDS)
def test_a_still_one_is_a_picture(tmp_path: Path, name: str) -> None:
    numbered(7).save(tmp_path / name)
    prepared = sent(tmp_path / name)
    assert isinstance(prepared.part, ImagePart)
    assert not inspect(tmp_path / name).animated


def test_what_is_not_part_of_an_apng_is_not_sent(tmp_path: Path) -> None:
    """Its first picture may be one for programs that know no animations."""
    frames = [numbered(index) for index in (1, 2)]
    numbered(9).save(tmp_path / "a.png", save_all=True, append_images=frames, default_image=True, duration=[300, 300])
    assert frames_of(sent(tmp_path / "a.png")) == [(1, 0.0), (2, 0.3)]


def test_frames_without_a_duration_stand_for_a_tenth_of_a_second(tmp_path: Path) -> None:
    assert frames_of(sent(moving(tmp_path / "a.gif", [0, 0, 0]))) == [(1, 0.0), (2, 0.1), (3, 0.2)]


def test_transparent_parts_are_white_and_frames_that_change_a_part_are_whole(tmp_path: Path) -> None:
    red, green = Image.new("RGBA", (40, 40)), Image.new("RGBA", (40, 40))
    red.paste((255, 0, 0, 255), (0, 0, 20, 40))
    green.paste((255, 0, 0, 255), (0, 0, 20, 40))
    green.paste((0, 255, 0, 255), (20, 0, 40, 40))
    red.save(tmp_path / "a.png", save_all=True, append_images=[green], duration=500)
    prepared = sent(tmp_path / "a.png")
    first, second = [corners(Image.open(io.BytesIO(prepared.blobs[each].data))) for each in prepared.part.digests]
    assert near(first[0], RED, 40)
    assert near(first[1], (255, 255, 255), 40)
    assert near(second[0], RED, 40)
    assert near(second[1], GREEN, 40)


def test_one_that_breaks_off_is_sent_as_far_as_it_goes(tmp_path: Path) -> None:
    data = moving(tmp_path / "a.gif", [500] * 6).read_bytes()
    (tmp_path / "b.gif").write_bytes(data[: len(data) * 2 // 3])
    prepared = sent(tmp_path / "b.gif")
    assert 1 < len(frames_of(prepared)) < 6


def test_one_without_end_is_read_to_a_limit(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("P", (8, 8), 1).save(buffer, "GIF")
    data = buffer.getvalue()
    first = data.rindex(b"\x2c\x00\x00\x00\x00\x08")
    (tmp_path / "a.gif").write_bytes(data[:-1] + data[first:-1] * 200_000 + b"\x3b")
    prepared = sent(tmp_path / "a.gif")
    assert prepared.part.source.duration == pytest.approx(MOST_FRAMES / 10)
    assert str(MOST_FRAMES) in prepared.notes[-1]


def test_what_it_is_is_known_at_once(tmp_path: Path) -> None:
    info = inspect(moving(tmp_path / "a.gif", [100, 100]))
    assert (info.kind, info.format, info.animated, info.pages) == ("image", "GIF", True, None)
