"""A file is opened once for all that is done with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui.families import by_id
from minicpm_tui.media import AttachmentSpec, MediaInfo, MediaLimits, inspect, prepare
from tests.media.counting import opens_of
from tests.media.making import clip

LIMITS = MediaLimits(family=by_id("minicpm-v-4.5"))


def _frames(path: Path) -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])


MAKERS: dict[str, Callable[[Path], object]] = {
    "video.mp4": lambda path: clip(path, 3),
    "moving.gif": _frames,
    "scan.tiff": _frames,
    "photo.jpg": lambda path: Image.new("RGB", (64, 48)).save(path),
    "book.pdf": _frames,
}


@pytest.mark.parametrize("original", [False, True])
@pytest.mark.parametrize("name", MAKERS)
def test_a_file_is_inspected_and_prepared_in_one_opening(tmp_path: Path, name: str, *, original: bool) -> None:
    path = tmp_path / name
    MAKERS[name](path)
    seen: list[MediaInfo] = []
    with opens_of(path) as opens:
        prepared = prepare(AttachmentSpec(path=path, original=original), LIMITS, inspected=seen.append)
    assert prepared.blobs
    assert len(opens) == 1
    assert seen == [inspect(path)]
