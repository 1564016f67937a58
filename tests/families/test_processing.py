"""Processor settings of a server, and what its count of a picture's tokens tells of them."""

from __future__ import annotations

from typing import Any

import pytest

from minicpm_tui.families import as_served, by_id, grid, image_tokens, kept_size, sliced
from minicpm_tui.families.learned import Slicing, slicing_of

NATIVE, LEGACY = by_id("minicpm-v-4.6"), by_id("minicpm-v-2.6")


@pytest.mark.parametrize(
    ("kwargs", "pictures", "frames"),
    [
        ({}, 9, 9),
        ({"max_slice_nums": 4}, 4, 4),
        ({"images_kwargs": {"max_slice_nums": 36}, "videos_kwargs": {"max_slice_nums": 1}}, 36, 1),
        ({"max_slice_nums": 2, "images_kwargs": {"max_slice_nums": 36}}, 36, 2),
        ({"max_slice_nums": "9", "images_kwargs": 3}, 9, 9),
        ({"max_slice_nums": True}, 9, 9),
    ],
)
def test_pictures_and_videos_have_settings_of_their_own(kwargs: dict[str, Any], pictures: int, frames: int) -> None:
    served = as_served(NATIVE, kwargs)
    assert (served.slicing.max_slices, served.frame_slices) == (pictures, frames)
    assert as_served(LEGACY, kwargs).frame_slices == 1


def test_a_server_with_36_slices_gets_36() -> None:
    served = as_served(NATIVE, {"images_kwargs": {"max_slice_nums": 36}})
    assert grid(4000, 4000, served).slices == 36
    assert kept_size(4000, 4000, served) == (2688, 2688)
    assert kept_size(4000, 4000, NATIVE) == (1344, 1344)


def test_the_finer_mode_is_counted() -> None:
    """1920×1080: 619 tokens, and 2353 with four times as many, as a vLLM 0.32 counted."""
    text = 19
    assert image_tokens(NATIVE, 1920, 1080) == 619 - text
    finer = as_served(NATIVE, {"images_kwargs": {"downsample_mode": "4x"}})
    assert image_tokens(finer, 1920, 1080) == 2353 - text
    assert as_served(LEGACY, {"downsample_mode": "4x"}) == LEGACY


@pytest.mark.parametrize("family", [NATIVE, LEGACY], ids=lambda one: one.id)
@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_another_slicing_shows_in_the_count(family: Any, count: int) -> None:
    side = 0 if family.slicing.query_tokens else 56
    sizes = [(1344, 1344), (640, 480)]
    counted = sum(image_tokens(sliced(family, count), *size, index=index) for index, size in enumerate(sizes))
    found = slicing_of(family, sizes, counted + 20, doubt=30)
    assert found is not None
    assert found.token_side == side
    served = sliced(family, found.max_slices)
    assert sum(image_tokens(served, *size, index=index) for index, size in enumerate(sizes)) == counted


def test_nothing_is_learned_where_the_own_slicing_explains_it_or_none_does() -> None:
    own = image_tokens(LEGACY, 1344, 1344)
    assert slicing_of(LEGACY, [(1344, 1344)], own + 29, doubt=30) is None
    assert slicing_of(LEGACY, [(1344, 1344)], 20_000, doubt=30) is None
    assert slicing_of(LEGACY, [], 500, doubt=30) is None


def test_the_finer_mode_shows_in_the_count() -> None:
    counted = image_tokens(sliced(NATIVE, 9, 28), 1344, 1344)
    assert slicing_of(NATIVE, [(1344, 1344)], counted, doubt=30) == Slicing(9, 28)
