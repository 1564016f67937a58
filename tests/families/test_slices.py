"""Grids, sizes and token counts, against the published arithmetic and as properties."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.families import Family, by_id, families, frame_size, grid, image_tokens, kept_size, video_tokens

SIDES = st.integers(1, 8000)
FAMILIES = st.sampled_from(families())
MAX_SLICES = st.sampled_from([None, 1, 2, 4, 9, 16, 36])

V26 = by_id("minicpm-v-2.6")
V46 = by_id("minicpm-v-4.6")


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [
        (448, 448, 69),
        (640, 480, 201),
        (1024, 768, 334),
        (1280, 720, 466),
        (1344, 1344, 665),
        (1920, 1080, 598),
        (3840, 2160, 598),
    ],
)
def test_tokens_of_2_6(width: int, height: int, tokens: int) -> None:
    assert image_tokens(V26, width, height) == tokens


def test_tokens_of_2_5_have_96_queries_and_one_pair_of_slice_marks() -> None:
    family = by_id("minicpm-llama3-v-2.5")
    assert image_tokens(family, 448, 448) == 98
    assert image_tokens(family, 1344, 1344) == 98 + 2 + 9 * 98 + 2


def test_tokens_of_4_6_follow_the_area() -> None:
    assert image_tokens(V46, 448, 448) == 3 + 2 + 64
    assert grid(1344, 1344, V46).cell == (448, 448)
    assert image_tokens(V46, 1344, 1344) == 3 + 66 + 9 * 66 + 2
    assert grid(1920, 1080, V46)[:2] == (4, 2)
    assert image_tokens(V46, 1344, 1344, 36) == 3 + 66 + 9 * 66 + 2


def test_later_pictures_have_longer_numbers() -> None:
    assert image_tokens(V26, 448, 448, index=9) + 1 == image_tokens(V26, 448, 448, index=10)


def test_tokens_of_videos() -> None:
    assert video_tokens(V26, 32, 597, 336) == 32 * 66
    assert video_tokens(V46, 10, 448, 448) == 3 + 10 * 66
    assert video_tokens(by_id("minicpm-v-4.7-1b"), 10, 448, 448) == 10 * 66


def test_the_servers_own_slice_limit() -> None:
    assert grid(4000, 3000, V26, 1).slices == 0
    assert grid(4000, 3000, V26, 4).slices <= 4
    assert image_tokens(V26, 4000, 3000, 1) == 69


@pytest.mark.parametrize(
    ("width", "height", "kept"),
    [
        (4000, 3000, (1554, 1176)),
        (448, 448, (448, 448)),
        (1344, 1344, (1344, 1344)),
        (640, 480, (640, 480)),
        (6000, 6000, (1344, 1344)),
    ],
)
def test_kept_sizes(width: int, height: int, kept: tuple[int, int]) -> None:
    assert kept_size(width, height, V26) == kept


@given(SIDES, SIDES, FAMILIES, MAX_SLICES)
def test_a_reduced_picture_is_cut_as_the_original(width: int, height: int, family: Family, most: int | None) -> None:
    kept = kept_size(width, height, family, most)
    assert grid(*kept, family, most) == grid(width, height, family, most)
    assert image_tokens(family, *kept, most) == image_tokens(family, width, height, most)
    assert kept[0] <= width
    assert kept[1] <= height


@given(SIDES, SIDES, FAMILIES, MAX_SLICES, st.integers(1, 9))
def test_a_picture_for_few_slices_gets_no_more(width: int, height: int, family: Family, most: int | None, few: int) -> None:
    kept = kept_size(width, height, family, most, at_most=few)
    assert grid(*kept, family, most).slices <= few
    assert kept[0] <= width
    assert kept[1] <= height
    if grid(width, height, family, most).slices <= few:
        assert kept == kept_size(width, height, family, most)


CAMERAS_AND_SCREENS = [
    (1920, 1080), (2560, 1440), (3840, 2160), (1920, 1200), (2880, 1800), (1170, 2532), (1440, 3200), (2048, 1536),
    (3264, 2448), (4000, 3000), (4032, 3024), (4624, 3468), (6000, 4000), (8256, 5504), (4096, 2304), (5000, 5000),
]  # fmt: skip


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("size", CAMERAS_AND_SCREENS)
@pytest.mark.parametrize("family", families(), ids=lambda family: family.id)
def test_usual_pictures_are_reduced_to_little_more_than_reaches_the_model(
    size: tuple[int, int], turned: bool, family: Family
) -> None:
    width, height = reversed(size) if turned else size
    kept, cut = kept_size(width, height, family), grid(width, height, family)
    assert kept[0] * kept[1] <= 1.2 * cut.width * cut.height


@given(SIDES, SIDES, FAMILIES, MAX_SLICES)
def test_grids_stay_within_their_budget(width: int, height: int, family: Family, most: int | None) -> None:
    cut = grid(width, height, family, most)
    assert cut.slices <= (family.slicing.max_slices if most is None else most)
    assert cut.slices != 1
    assert cut.width % family.slicing.align == 0
    assert cut.height % family.slicing.align == 0


@given(SIDES, SIDES, FAMILIES)
def test_frames_are_never_sliced_nor_enlarged(width: int, height: int, family: Family) -> None:
    wide, high = frame_size(width, height, family)
    assert 1 <= wide <= width
    assert 1 <= high <= height
    assert wide * high <= 448 * 448
    assert grid(wide, high, family, family.frame_slices).slices == 0
    if max(width, height) < 20 * min(width, height):
        assert math.isclose(wide / high, width / height, rel_tol=0.05) or min(wide, high) < 100


def test_no_pixels() -> None:
    with pytest.raises(ValueError, match="no pixels"):
        grid(0, 10, V26)
