"""Videos as they are sent: which frames, when, how large, which way up."""

from __future__ import annotations

import io
import os
import struct
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from minicpm_tui.errors import MediaDamaged, MediaError, MediaTooLarge, MediaUnsupported
from minicpm_tui.families import by_id
from minicpm_tui.media import AttachmentSpec, MediaLimits, PreparationCancelled, Prepared, inspect, prepare
from minicpm_tui.media.frame_image import upright_image
from minicpm_tui.media.whole import MAX_BYTES
from minicpm_tui.messages import VideoPart
from tests.media.making import BLUE, CODECS, GREEN, RED, WHITE, clip, corners, near, number_of, quarters

V26 = by_id("minicpm-v-2.6")
LIMITS = MediaLimits(family=V26)


def send(spec: AttachmentSpec | Path, limits: MediaLimits = LIMITS) -> tuple[list[Image.Image], VideoPart, Prepared]:
    prepared = prepare(AttachmentSpec(path=spec) if isinstance(spec, Path) else spec, limits)
    part = prepared.part
    assert isinstance(part, VideoPart)
    images: list[Image.Image] = [Image.open(io.BytesIO(prepared.blobs[frame.sha256].data)) for frame in part.frames]
    assert {image.size for image in images} == {(part.width, part.height)}
    return images, part, prepared


@pytest.mark.parametrize("suffix", list(CODECS))
def test_containers_whatever_they_are_called(tmp_path: Path, suffix: str) -> None:
    path = clip(tmp_path / f"a.{suffix}", 40).rename(tmp_path / "misnamed.jpg")
    info = inspect(path)
    assert (info.kind, info.width, info.height) == ("video", 64, 48)
    images, part, _ = send(path)
    assert len(images) == 8
    assert [number_of(image) for image in images] == pytest.approx([0, 5, 11, 16, 22, 27, 33, 39], abs=2)
    assert [frame.time for frame in part.frames] == pytest.approx([number_of(image) / 10 for image in images], abs=0.06)


def test_one_frame_a_second_from_the_first_to_the_last(tmp_path: Path) -> None:
    images, part, prepared = send(clip(tmp_path / "a.mp4", 100, rate=5))
    assert len(images) == 20
    assert number_of(images[0]) == 0
    assert number_of(images[-1]) == 99
    assert [frame.time for frame in part.frames] == [number_of(image) / 5 for image in images]
    assert part.source.duration == pytest.approx(20)
    assert prepared.tokens == 20 * 66


def test_the_limits_of_server_family_and_context(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", 90, rate=1)
    assert len(send(path)[0]) == 32
    assert len(send(path, MediaLimits(family=V26, num_frames=64))[0]) == 64
    assert len(send(path, MediaLimits(family=V26, num_frames=-1))[0]) == 64
    images, _part, prepared = send(path, MediaLimits(family=V26, context_tokens_left=1000))
    assert len(images) == 1000 // 66
    assert "context" in prepared.notes[0]


def test_a_part_and_a_number_of_frames(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", 100, rate=5)
    images, part, _ = send(AttachmentSpec(path=path, start=4, end=8, count=5))
    assert [number_of(image) for image in images] == [20, 25, 30, 35, 40]
    assert [frame.time for frame in part.frames] == [4, 5, 6, 7, 8]
    assert (part.source.start, part.source.end, part.source.count) == (4, 8, 5)
    images, _part, prepared = send(AttachmentSpec(path=path, count=50))
    assert len(images) == 32
    assert "32 frames" in prepared.notes[0]
    assert len(send(AttachmentSpec(path=path, count=1))[0]) == 1


@pytest.mark.parametrize(("start", "end"), [(20.5, None), (5, 5), (8, 4), (-1, None)])
def test_a_part_that_is_not_there(tmp_path: Path, start: float, end: float | None) -> None:
    with pytest.raises(MediaError, match="No such part"):
        send(AttachmentSpec(path=clip(tmp_path / "a.mp4", 100, rate=5), start=start, end=end))


def test_unequal_steps_keep_their_times(tmp_path: Path) -> None:
    """Frames at 0, 0.1, 0.2, 3, 6.5 and 10 s: each is sent once, with its own time."""
    times = [0, 100, 200, 3000, 6500, 10000]
    images, part, _ = send(clip(tmp_path / "a.mkv", 6, times=times))
    sent = [(number_of(image), frame.time) for image, frame in zip(images, part.frames, strict=True)]
    assert sent == [(0, 0.0), (2, 0.2), (3, 3.0), (4, 6.5), (5, 10.0)]


@pytest.mark.parametrize(("rotation", "expected"), [(0, "RGBW"), (90, "GWRB"), (180, "WBGR"), (-90, "BRWG")])
def test_rotation_metadata_is_honoured(tmp_path: Path, rotation: int, expected: str) -> None:
    """The display matrix turns counter-clockwise, as FFmpeg counts."""
    colours = {"R": RED, "G": GREEN, "B": BLUE, "W": WHITE}
    path = clip(tmp_path / "a.mp4", 10, pictures=[quarters((64, 48))] * 10, rotation=rotation)
    images, _part, _ = send(path)
    assert images[0].size == ((48, 64) if rotation % 180 else (64, 48))
    assert (inspect(path).width, inspect(path).height) == images[0].size
    assert all(near(*pair, by=40) for pair in zip(corners(images[0]), [colours[name] for name in expected], strict=True))


def test_a_phone_held_upright(tmp_path: Path) -> None:
    """The track matrix that phones write (x' = height - y, y' = x) puts the stored top left corner at the top right."""
    path = clip(tmp_path / "a.mp4", 10, pictures=[quarters((64, 48))] * 10)
    data, one = bytearray(path.read_bytes()), 1 << 16
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, 0, one, 0, -one, 0, 0, 48 * one, 0, 1 << 30)
    path.write_bytes(data)
    images, _part, _ = send(path)
    assert images[0].size == (48, 64)
    assert all(near(*pair, by=40) for pair in zip(corners(images[0]), [BLUE, RED, WHITE, GREEN], strict=True))


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    images, _part, _ = send(clip(tmp_path / "a.mkv", 10, sample_aspect_ratio=Fraction(4, 3)))
    assert images[0].size == (85, 48)


def test_colours(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (64, 48), colour) for colour in (RED, GREEN, BLUE, WHITE, (200, 120, 40)) * 2]
    images, _part, _ = send(AttachmentSpec(path=clip(tmp_path / "a.mp4", 10, pictures=pictures), count=10))
    assert all(near(corners(sent)[0], corners(made)[0], by=12) for sent, made in zip(images, pictures, strict=True))


@pytest.mark.parametrize(("transfer", "white"), [(16, 594), (18, 721)])
def test_high_dynamic_range_keeps_white_white(transfer: int, white: int) -> None:
    """Paper white of PQ and HLG (203 cd/m², ITU-R BT.2408) is far from full code: shown as it is it would be grey."""
    frame = av.VideoFrame(64, 64, "yuv420p10le")
    for plane, level in zip(frame.planes, (white, 512, 512), strict=True):
        plane.update(level.to_bytes(2, "little") * (plane.buffer_size // 2))
    frame.color_trc, frame.color_primaries, frame.colorspace, frame.color_range = transfer, 9, 9, 1
    assert near(corners(upright_image(frame, (32, 32)))[0], WHITE, by=12)


def test_frames_are_reduced_to_an_area_that_is_never_sliced(tmp_path: Path) -> None:
    images, part, prepared = send(clip(tmp_path / "a.mp4", 3, size=(1280, 720)))
    assert images[0].size == (597, 336)
    assert prepared.tokens == len(part.frames) * 66


def test_long_videos_take_the_nearest_key_frame(tmp_path: Path) -> None:
    """400 s, a key frame each 2 s, 32 frames 12.9 s apart: all sent ones are key frames, within an eighth of that."""
    images, part, _ = send(clip(tmp_path / "a.mp4", 800, rate=2, gop=4))
    times = [frame.time for frame in part.frames]
    assert len(images) == 32
    assert all(time % 2 == 0 for time in times)
    assert times == pytest.approx([index * 399.5 / 31 for index in range(32)], abs=399.5 / 31 / 8)
    assert [number_of(image) for image in images] == [round(time * 2) % 256 for time in times]


def test_long_videos_with_few_key_frames_are_decoded(tmp_path: Path) -> None:
    images, part, _ = send(clip(tmp_path / "a.mp4", 400, rate=1, gop=400))
    assert [number_of(image) for image in images] == [round(frame.time) % 256 for frame in part.frames]
    assert [frame.time for frame in part.frames] == [int(index * 399 / 31 + 0.001) for index in range(32)]


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    seen: list[float] = []
    prepare(AttachmentSpec(path=clip(tmp_path / "a.mp4", 40)), LIMITS, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_it_stops_when_it_is_no_longer_wanted(tmp_path: Path) -> None:
    seen: list[float] = []
    with pytest.raises(PreparationCancelled):
        prepare(AttachmentSpec(path=clip(tmp_path / "a.mp4", 100)), LIMITS, progress=seen.append, cancelled=lambda: len(seen) > 2)
    assert seen[-1] < 1.0


def test_a_model_without_video(tmp_path: Path) -> None:
    with pytest.raises(MediaUnsupported, match="takes no videos"):
        send(clip(tmp_path / "a.mp4", 10), MediaLimits(family=by_id("minicpm-llama3-v-2.5")))


def test_the_whole_file_on_request(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", 40)
    prepared = prepare(AttachmentSpec(path=path, original=True), LIMITS)
    part = prepared.part
    assert isinstance(part, VideoPart)
    assert part.file is not None
    assert not part.frames
    assert (part.media_type, prepared.blobs[part.file].data) == ("video/mp4", path.read_bytes())
    assert prepared.tokens == 32 * 66


def test_a_very_large_file_goes_by_name_to_a_server_of_ours(tmp_path: Path) -> None:
    path = clip(tmp_path / "a b.mp4", 40)
    os.truncate(path, MAX_BYTES + 1)  # players skip what follows
    prepared = prepare(AttachmentSpec(path=path, original=True), MediaLimits(family=V26, local_server=True))
    assert prepared.part.source.url == path.as_uri()
    assert not prepared.blobs
    with pytest.raises(MediaTooLarge):
        prepare(AttachmentSpec(path=path, original=True), LIMITS)


def test_only_sound(tmp_path: Path) -> None:
    container = av.open(str(tmp_path / "a.mkv"), "w")
    stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
    frame = av.AudioFrame(format="s16", layout="mono", samples=800)
    frame.sample_rate = 8000
    container.mux(stream.encode(frame))
    container.close()
    with pytest.raises(MediaUnsupported, match="This video has no pictures"):
        inspect(tmp_path / "a.mkv")


def test_a_video_that_breaks_off(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", 100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    images, _part, _ = send(path)
    assert number_of(images[0]) == 0
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(MediaDamaged):
        send(path)


def test_a_video_with_damaged_frames_is_sent_without_them(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", 100)
    with av.open(str(path)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.pos is not None and packet.size > 8]
    data = bytearray(path.read_bytes())
    for place in places[30:60]:
        data[place : place + 8] = b"\xff" * 8
    path.write_bytes(data)
    images, part, prepared = send(path)
    assert {number_of(image) for image in images} >= {0, 99}
    assert all(number_of(image) == round(frame.time * 10) for image, frame in zip(images, part.frames, strict=True))
    assert "damaged" in prepared.notes[0]
