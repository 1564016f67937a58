"""Files of every kind as they are sent, against the truth in pixels."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image

from tests.media.comparison import faults
from tests.media.corpus import MAKERS, SEED, make
from tests.media.samples.high_range import avif_of
from tests.media.samples.sample import SIZE
from tests.media.samples.videos import clip


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__module__.rpartition(".")[2])
def test_what_is_sent_is_what_is_there(tmp_path: Path, maker: Any) -> None:
    samples = list(maker(tmp_path, Random(f"{SEED} {maker.__module__}")))
    wrong = {f"{sample.path.name} {sample.wishes or ''}": found for sample in samples if (found := faults(sample))}
    assert not wrong, "\n".join(f"{name}: {'; '.join(found)}" for name, found in wrong.items())


def test_a_seed_decides_on_all_pictures(tmp_path: Path) -> None:
    def truth(seed: int) -> list[bytes]:
        return [picture.tobytes() for sample in make(tmp_path, seed) for picture in sample.truth]

    once = truth(1)
    assert once == truth(1)
    assert once != truth(2)


@pytest.mark.parametrize("name", ["a.mp4", "a.avif"])
def test_making_av1_does_not_make_the_process_run_before_all_others(tmp_path: Path, name: str) -> None:
    if name == "a.mp4":
        clip(tmp_path / name, [Image.new("RGB", SIZE)] * 2, codec="libsvtav1")
    else:
        avif_of(tmp_path / name, [0.5] * (SIZE[0] * SIZE[1] * 3), SIZE, 16)
    assert (tmp_path / name).stat().st_size
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
