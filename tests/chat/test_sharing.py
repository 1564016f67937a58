"""The room that a conversation leaves is shared between the videos of a message."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.chat.preparer import Preparer
from minicpm_tui.chat.sharing import MessageFile, limits_beside, outgrown
from minicpm_tui.families import by_id
from minicpm_tui.media import AttachmentSpec, MediaLimits, Prepared
from minicpm_tui.messages import Frame, ImagePart, VideoPart

FRAME = 66


def made(wanted: int, limits: MediaLimits) -> Prepared:
    """A video that would take ``wanted`` frames; 0: a picture of 500 tokens."""
    if not wanted:
        return Prepared(ImagePart("a.jpg"), {}, 500)
    room = limits.context_tokens_left
    count = wanted if room is None else max(min(wanted, room // FRAME), 1)
    return Prepared(VideoPart("v.mp4", tuple(Frame(str(n), n) for n in range(count))), {}, count * FRAME)


@pytest.fixture(autouse=True, scope="module")
def no_real_files() -> object:
    """A file named by a number is a video that wants so many frames."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("minicpm_tui.media.prepare", lambda spec, limits, **_rest: made(int(str(spec.path)), limits))
        yield


def shared(left: int | None, *wanted: int) -> list[int]:
    files = [MessageFile(AttachmentSpec(path=Path(str(each)))) for each in wanted]
    Preparer(MediaLimits(family=by_id("minicpm-v-4.5"), context_tokens_left=left)).prepare(files)
    return [file.frames for file in files]


def test_two_long_clips_get_the_same() -> None:
    assert shared(3584, 32, 32) == [27, 27]


def test_a_short_one_leaves_the_rest_to_a_long_one() -> None:
    assert shared(40 * FRAME, 32, 8) == [32, 8]
    assert shared(30 * FRAME, 32, 8) == [22, 8]
    assert shared(30 * FRAME, 8, 32) == [8, 22]


def test_pictures_cost_what_they_cost() -> None:
    assert shared(500 + 20 * FRAME, 32, 0, 32) == [10, 0, 10]


def test_without_a_limit_all_get_what_they_want() -> None:
    assert shared(None, 32, 64) == [32, 64]


@given(st.integers(0, 200), st.lists(st.integers(1, 64), min_size=1, max_size=6))
def test_the_shares_fit_and_leave_nothing_that_someone_wants(left: int, wanted: list[int]) -> None:
    frames = shared(left * FRAME, *wanted)
    if left >= len(wanted):
        assert sum(frames) <= left
        if sum(frames) <= left - len(wanted):
            assert frames == wanted


def test_a_file_that_comes_later_makes_the_others_smaller() -> None:
    limits = MediaLimits(family=by_id("minicpm-v-4.5"), context_tokens_left=3584)
    first, second = MessageFile(AttachmentSpec(), prepared=made(32, limits), room=3584), MessageFile(AttachmentSpec())
    assert outgrown(limits, [first]) == []
    assert outgrown(limits, [first, second]) == [first]
    assert limits_beside(limits, [first, second], second).context_tokens_left == 1792
