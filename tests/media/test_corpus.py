"""Files of every kind as they are sent, against the truth in pixels."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.media.comparison import faults
from tests.media.corpus import MAKERS, SEED, make


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
