"""Frames by time: the very one a player shows then, whatever the steps between frames and the order they are stored in."""

from __future__ import annotations

import io
import random
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from minicpm_tui.families import by_id
from minicpm_tui.media import AttachmentSpec, MediaLimits, prepare
from minicpm_tui.media.reader import FrameReader
from minicpm_tui.messages import VideoPart
from tests.media.making import clip, number_of

LIMITS = MediaLimits(family=by_id("minicpm-v-2.6"), num_frames=64)


def sent(path: Path, **wishes: float) -> list[tuple[int, float]]:
    """Number and time of each frame."""
    prepared = prepare(AttachmentSpec(path=path, **wishes), LIMITS)  # type: ignore[arg-type]
    assert isinstance(prepared.part, VideoPart)
    images = [Image.open(io.BytesIO(prepared.blobs[frame.sha256].data)) for frame in prepared.part.frames]
    return [(number_of(image), frame.time) for image, frame in zip(images, prepared.part.frames, strict=True)]


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm"])
@pytest.mark.parametrize("seed", range(6))
def test_unequal_steps(tmp_path: Path, suffix: str, seed: int) -> None:
    chance = random.Random(seed)
    times = [0, *accumulate(chance.choice([20, 40, 100, 500, 900]) for _ in range(59))]
    path = clip(tmp_path / f"a.{suffix}", 60, times=times, gop=chance.choice([4, 12, 60]))
    start = chance.choice([0.0, times[20] / 1000])
    count = chance.choice([5, 13, 30])
    found = sent(path, start=start, count=count)
    first, last = start, times[-1] / 1000
    moments = [first + (last - first) * index / (count - 1) for index in range(count)]
    shown = [max(number for number, time in enumerate(times) if time / 1000 <= moment + 0.002) for moment in moments]
    assert [number for number, _time in found] == sorted(set(shown))
    assert [time for _number, time in found] == pytest.approx([times[number] / 1000 for number, _time in found], abs=0.002)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_times_count_from_the_first_frame(tmp_path: Path, suffix: str) -> None:
    """A recording that was cut out of a longer one keeps its times in the file."""
    path = clip(tmp_path / f"a.{suffix}", 60, times=[30_000 + 100 * index for index in range(60)])
    found = sent(path)
    assert [found[0], found[-1]] == [(0, 0.0), (59, pytest.approx(5.9, abs=0.002))]
    assert len(found) == 8


def test_a_long_video_without_an_index_is_leapt_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MPEG-TS: the first frame is the first, the others are key frames near by, and little is decoded for the last."""
    path = clip(tmp_path / "a.ts", 4000, rate=10, gop=20)
    decoded = 0
    pictures = FrameReader._pictures

    def counted(reader: FrameReader, packet: Any) -> Any:
        nonlocal decoded
        decoded += 1
        return pictures(reader, packet)

    monkeypatch.setattr(FrameReader, "_pictures", counted)
    found = sent(path, count=20)
    assert found[0] == (0, 0.0)
    assert [time for _number, time in found] == pytest.approx([399.9 * step / 19 for step in range(20)], abs=399.9 / 19 / 8)
    assert all(number == round(time * 10) % 256 for number, time in found)
    assert decoded < 500
