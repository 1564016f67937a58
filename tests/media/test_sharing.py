"""The room that a conversation leaves is shared between the videos of a message."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.families import by_id
from minicpm_tui.media import MediaLimits, Prepared
from minicpm_tui.media.sharing import Share, limits_beside, outgrown, settle
from minicpm_tui.messages import Frame, ImagePart, VideoPart

FRAME = 66


def made(wanted: int, limits: MediaLimits) -> Prepared:
    """A video that would take ``wanted`` frames; 0: a picture of 500 tokens."""
    if not wanted:
        return Prepared(ImagePart("a.jpg"), {}, 500)
    room = limits.context_tokens_left
    count = wanted if room is None else max(min(wanted, room // FRAME), 1)
    return Prepared(VideoPart("v.mp4", tuple(Frame(str(n), n) for n in range(count))), {}, count * FRAME)


def settled(left: int | None, *wanted: int) -> list[int]:
    shares: list[Share | None] = [None] * len(wanted)
    limits = MediaLimits(family=by_id("minicpm-v-4.5"), context_tokens_left=left)
    settle(limits, shares, lambda index, own: made(wanted[index], own))
    return [share.frames for share in shares if share]


def test_two_long_clips_get_the_same() -> None:
    assert settled(3584, 32, 32) == [27, 27]


def test_a_short_one_leaves_the_rest_to_a_long_one() -> None:
    assert settled(40 * FRAME, 32, 8) == [32, 8]
    assert settled(30 * FRAME, 32, 8) == [22, 8]
    assert settled(30 * FRAME, 8, 32) == [8, 22]


def test_pictures_cost_what_they_cost() -> None:
    assert settled(500 + 20 * FRAME, 32, 0, 32) == [10, 0, 10]


def test_without_a_limit_all_get_what_they_want() -> None:
    assert settled(None, 32, 64) == [32, 64]


@given(st.integers(0, 200), st.lists(st.integers(1, 64), min_size=1, max_size=6))
def test_the_shares_fit_and_leave_nothing_that_someone_wants(left: int, wanted: list[int]) -> None:
    frames = settled(left * FRAME, *wanted)
    if left >= len(wanted):
        assert sum(frames) <= left
        if sum(frames) <= left - len(wanted):
            assert frames == wanted


def test_a_file_that_comes_later_makes_the_others_smaller() -> None:
    limits = MediaLimits(family=by_id("minicpm-v-4.5"), context_tokens_left=3584)
    first = Share(made(32, limits), 3584)
    assert outgrown(limits, [first]) == []
    assert outgrown(limits, [first, None]) == [0]
    assert limits_beside(limits, [first, None], 1).context_tokens_left == 1792
