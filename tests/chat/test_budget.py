"""Tokens counted before sending, and what happens when they are too many."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from minicpm_tui.chat.budget import (
    Budget,
    DropTurns,
    FewerFrames,
    SmallerPictures,
    guess_tokens,
    history_tokens,
    proposals,
    shortfall,
)
from minicpm_tui.chat.context_fit import say
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from minicpm_tui.errors import ContextExceeded, MediaTooLarge, TooManyMedia
from minicpm_tui.families import image_tokens, recognise
from minicpm_tui.media import prepare
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.messages import End, Frame, ImagePart, Message, TextPart, Usage, VideoPart, media_of
from tests.chat.conftest import Opener, hear
from tests.media.making import clip

FAMILY = recognise("openbmb/MiniCPM-V-2_6")
PHOTO = ImagePart("a.jpg", "a" * 64, 1344, 1344)
CLIP = VideoPart("v.mp4", tuple(Frame("b" * 64, float(time)) for time in range(32)), width=448, height=252)

TURNS = st.lists(st.integers(0, 3000), max_size=6)


@given(TURNS, st.integers(0, 3000), st.integers(1, 8000))
def test_no_more_turns_are_dropped_than_it_takes(history: list[int], text: int, limit: int) -> None:
    budget = Budget(tuple(history), text, (), 10, limit)
    drop = budget.turns_to_drop
    if drop is None:
        assert text + 10 > limit
        return
    assert sum(history[drop:]) + text + 10 <= limit
    assert drop == 0 or sum(history[drop - 1 :]) + text + 10 > limit


def test_each_proposal_alone_would_help() -> None:
    photo = image_tokens(FAMILY, 1344, 1344)
    budget = Budget((600, 300), 50, (photo, 32 * 66), 200, 3400)
    found = proposals(budget, (PHOTO, CLIP), FAMILY)
    over = budget.total - 3400
    assert found[0] == DropTurns(1)
    frames = next(each for each in found if isinstance(each, FewerFrames))
    assert (frames.index, (32 - frames.frames) * 66 >= over, (31 - frames.frames) * 66 < over) == (1, True, True)
    smaller = next(each for each in found if isinstance(each, SmallerPictures))
    assert photo - image_tokens(FAMILY, 1344, 1344, smaller.max_slices) >= over
    assert [say(each, (PHOTO, CLIP)) for each in found][1] == f"send {frames.frames} frames of v.mp4"
    assert proposals(Budget((), 50, (), 0, None), (), FAMILY) == []


def test_several_videos_are_shortened_together_where_one_is_not_enough() -> None:
    budget = Budget((), 50, (32 * 66, 32 * 66), 200, 2000)
    (every,) = proposals(budget, (CLIP, CLIP), FAMILY)
    assert isinstance(every, FewerFrames)
    assert every.index is None
    assert 2 * every.frames * 66 + 250 <= 2000 < 2 * (every.frames + 1) * 66 + 250
    assert say(every, (CLIP, CLIP)) == f"send at most {every.frames} frames of each video"


def test_the_history_is_corrected_by_what_the_server_counted() -> None:
    end = End("stop", Usage(prompt_tokens=1000, completion_tokens=10))
    question = Message("q", None, "user", (PHOTO, TextPart("x" * 700)), "")
    reply = Message("r", "q", "assistant", (TextPart("ok"),), "", end=end)
    (counted,) = history_tokens((question, reply), FAMILY)
    assert 1000 <= counted <= 1020
    (guessed,) = history_tokens((question,), FAMILY)
    assert guessed < 900


def test_chinese_counts_by_the_character() -> None:
    assert guess_tokens("图片里有什么?") >= 4
    assert guess_tokens("word " * 100) > 100
    assert guess_tokens("") <= 1


@pytest.mark.parametrize(
    ("used", "before", "media", "missing"), [(1000, 0, 990, 0), (1200, 0, 2112, 912), (1500, 1000, 600, 100)]
)
def test_a_shortfall_is_what_the_server_did_not_read(used: int, before: int, media: int, missing: int) -> None:
    assert shortfall(used, before, media) == missing


async def test_old_turns_are_left_out_and_that_is_said(talking: Opener) -> None:
    with serving(DemoOptions(tokens_per_second=0, max_model_len=1200, reply="word " * 150)) as small:
        async with talking(small) as session:
            heard = [await hear(session.send(f"Question {number}. " + "Tell me more. " * 30)) for number in range(6)]
            assert all(each.end.error is None for each in heard)
            assert [bool(each.notices) for each in heard][:2] == [False, False]
            assert any("not sent" in notice for each in heard for notice in each.notices)
            assert len(small.chats[-1]["messages"]) < 11
            assert small.chats[-1]["messages"][0]["role"] == "user"
            reply = session.tree.path()[-1]
            assert reply.request is not None
            assert reply.request["dropped_turns"] > 0
            assert len(session.tree.path()) == 12


async def test_what_cannot_fit_is_said_before_it_is_sent(talking: Opener, picture: Path) -> None:
    with serving(DemoOptions(tokens_per_second=0, max_model_len=600)) as small:
        async with talking(small) as session:
            with pytest.raises(ContextExceeded, match="the model takes 600"):
                await hear(session.send("word " * 2000, [AttachmentSpec(path=picture)]))
            assert not small.chats
            assert not session.tree.messages
            limits = session.refresh().limits
            assert limits is not None
            assert limits.context_tokens_left is not None
            assert 400 < limits.context_tokens_left < 600


async def test_what_would_help_is_proposed_beside_a_long_history(talking: Opener, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    Image.new("RGB", (1344, 1344), "red").save(large)
    with serving(DemoOptions(tokens_per_second=0, max_model_len=1200, reply="word " * 400)) as small:
        async with talking(small) as session:
            await hear(session.send("Tell me a story."))
            limits = session.refresh().limits
            assert limits is not None
            photo = await asyncio.to_thread(prepare, AttachmentSpec(path=large), limits)
            plan = await session.plan("Both?", [photo, photo])
            assert plan.problem is not None
            smaller = next(each for each in plan.proposals if isinstance(each, SmallerPictures))
            spec = AttachmentSpec(path=large, slices=smaller.max_slices)
            reduced = await asyncio.to_thread(prepare, spec, limits)
            assert (await session.plan("Both?", [reduced, reduced])).problem is None
            answer = await hear(session.send("Both?", [reduced, reduced]))
            assert answer.end.error is None


async def test_a_video_gets_its_fewest_frames_at_the_cost_of_old_turns(talking: Opener, tmp_path: Path) -> None:
    film = clip(tmp_path / "film.mp4", 20, rate=1)
    with serving(DemoOptions(tokens_per_second=0, max_model_len=1200, reply="word " * 400)) as small:
        async with talking(small) as session:
            for number in range(2):
                await hear(session.send(f"Tell me story {number}."))
            answer = await hear(session.send("And this?", [AttachmentSpec(path=film)]))
            assert answer.end.error is None
            [part] = media_of(session.tree.path()[-2].content)
            assert isinstance(part, VideoPart)
            assert len(part.frames) == 8
            assert any("8 frames instead of 20" in notice for notice in answer.notices)
            assert any("not sent" in notice for notice in answer.notices)


async def test_an_old_server_gets_no_more_frames_than_it_survives(talking: Opener, tmp_path: Path) -> None:
    film = clip(tmp_path / "film.mp4", 40, rate=1)
    with serving(DemoOptions(tokens_per_second=0, version="0.11.2")) as old:
        async with talking(old) as session:
            answer = await hear(session.send("What is this?", [AttachmentSpec(path=film)]))
            [part] = media_of(session.tree.path()[-2].content)
            assert isinstance(part, VideoPart)
            assert len(part.frames) == 30
            assert any("30 frames instead of 32" in notice for notice in answer.notices)
            with pytest.raises(MediaTooLarge, match="stop"):
                await hear(session.send("Whole", [AttachmentSpec(path=film, original=True)]))
            with pytest.raises(MediaTooLarge, match="stop"):
                await hear(session.send("From there", [AttachmentSpec(url="https://example.org/film.mp4")]))


async def test_a_long_video_of_the_past_is_not_sent_to_an_old_server(talking: Opener, tmp_path: Path) -> None:
    film = clip(tmp_path / "film.mp4", 40, rate=1)
    with serving(DemoOptions(tokens_per_second=0)) as new, serving(DemoOptions(tokens_per_second=0, version="0.11.2")) as old:
        async with talking(new) as session:
            await hear(session.send("What is this?", [AttachmentSpec(path=film)]))
            journal = session.journal
            async with talking(old, journal) as again:
                answer = await hear(again.send("And then?"))
                assert any("not sent" in notice for notice in answer.notices)
                assert len(old.chats[-1]["messages"]) == 1
                with pytest.raises(TooManyMedia, match="30 frames"):
                    await hear(again.edit(again.tree.path()[0].id, "Once more?"))


async def test_a_learned_limit_drops_old_pictures_and_refuses_too_many_new_ones(talking: Opener, picture: Path) -> None:
    with serving(DemoOptions(tokens_per_second=0, images=2)) as strict:
        async with talking(strict) as session:
            too_many = await hear(session.send("All", [AttachmentSpec(path=picture)] * 3))
            assert too_many.end.error is not None
            assert too_many.end.error.kind == "too_many_media"
            with pytest.raises(TooManyMedia, match="the server takes 2, this message has 3"):
                await hear(session.retry())
            ok = await hear(session.send("Two", [AttachmentSpec(path=picture)] * 2, parent=None))
            assert ok.end.error is None
            another = await hear(session.send("One more", [AttachmentSpec(path=picture)]))
            assert another.end.error is None
            assert another.notices
            assert len(strict.chats[-1]["messages"]) == 1
