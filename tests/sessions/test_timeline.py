"""Replays: the same events at the times they had."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from minicpm_tui.backends.recorded import RecordedBackend, ReplayClock
from minicpm_tui.chat.replay import Began, Ended, Jumped, Replay, ReplayEvent
from minicpm_tui.cli.main import run
from minicpm_tui.messages import Delta, End, MemoryBlobs, Usage
from minicpm_tui.messages.request import ChatRequest
from minicpm_tui.sessions.events import AnyEvent, DeltaEvent, EndEvent, Header, MessageEvent, OpenEvent, encode
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.timeline import IDLE_LIMIT, Timeline, load
from tests.sessions.talk import AT, answer, conversation, question, reply

QUESTION_AT, REPLY_AT = 0.0, 0.5
"""The night before the question is no part of the replay."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two turns with a night between them; pieces a quarter of a second apart."""
    place = tmp_path / "20260301-100000-abcd"
    place.mkdir()
    pieces = ((0.25, "content", "one "), (0.25, "content", "two "), (0.25, "content", "three"))
    lines: list[Header | AnyEvent] = [
        Header(id=place.name, created=AT),
        OpenEvent(t=0.0, at=AT),
        MessageEvent.of(60.0, question("u1", "count")),
        MessageEvent.of(0.5, reply("a1", "u1")),
        DeltaEvent(t=0.75, id="a1", pieces=pieces),
        EndEvent.of(0.25, "a1", End("stop", Usage(5, 3), 1.0, 0.25)),
        MessageEvent.of(30_000.0, question("u2", "again", "a1")),
        MessageEvent.of(0.5, reply("a2", "u2")),
        DeltaEvent(t=0.5, id="a2", pieces=((0.25, "reasoning", "Hm."), (0.25, "content", "four"))),
    ]
    (place / "session.jsonl").write_bytes(b"".join(encode(line) for line in lines))
    return place


async def collected(events: AsyncGenerator[ReplayEvent, None]) -> list[ReplayEvent]:
    return [event async for event in events]


def test_steps_keep_their_times_and_long_pauses_are_shortened(folder: Path) -> None:
    timeline = load(folder)
    assert [round(step.at, 4) for step in timeline.steps] == [0, 0.5, 0.75, 1.0, 1.25, 1.5, 3.5, 4.0, 4.25, 4.5]
    assert IDLE_LIMIT == 2.0
    assert [(mark.at, mark.title) for mark in timeline.turns] == [(0.0, "count"), (3.5, "again")]
    assert timeline.duration == 4.5


def test_what_is_shown_at_a_time(folder: Path) -> None:
    timeline = load(folder)
    assert [message.text for message in timeline.shown(timeline.index(1.1))] == ["count", "one two "]
    last = timeline.shown(timeline.index(99))[-1]
    assert (last.text, last.reasoning, last.end) == ("four", "Hm.", None)
    turn = timeline.turn_before(3.6)
    assert turn is not None
    assert turn.title == "again"


def test_only_the_chosen_path_is_played(folder: Path) -> None:
    with Journal.open(folder) as journal:
        journal.append_message(question("u2b", "otherwise", "a1"))
    assert [message.id for message in load(folder).path] == ["u1", "a1", "u2b"]


async def test_everything_comes_in_order_at_once_without_speed(folder: Path) -> None:
    events = await collected(Replay(load(folder), speed=0).play())
    jumped, *rest = events
    assert isinstance(jumped, Jumped)
    assert [message.id for message in jumped.path] == ["u1"]
    kinds = [type(event).__name__ for event in rest]
    assert kinds == ["Began", "Delta", "Delta", "Delta", "Ended", "Began", "Began", "Delta", "Delta", "Ended"]
    assert "".join(event.text for event in rest[:4] if isinstance(event, Delta)) == "one two three"
    assert isinstance(rest[4], Ended)
    assert rest[4].message.end is not None
    assert isinstance(rest[-1], Ended)
    assert rest[-1].message.unfinished


async def test_speed_divides_the_time(folder: Path) -> None:
    replay = Replay(load(folder), speed=100)
    begun = time.monotonic()
    await collected(replay.play())
    assert time.monotonic() - begun >= 4.5 / 100
    assert replay.over


async def test_a_paused_replay_waits_and_goes_on(folder: Path) -> None:
    replay = Replay(load(folder), speed=1000)
    replay.clock.pause()
    events = replay.play()
    assert isinstance(await anext(events), Jumped)
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    assert not waiting.done()
    replay.clock.resume()
    assert isinstance(await waiting, Began)
    await events.aclose()


async def test_moving_shows_the_new_place_and_plays_on_from_there(folder: Path) -> None:
    replay = Replay(load(folder))
    replay.clock.pause()
    events = replay.play()
    await anext(events)
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    replay.seek(1.1)
    jumped = await waiting
    assert isinstance(jumped, Jumped)
    assert [message.text for message in jumped.path] == ["count", "one two "]
    assert jumped.growing is not None
    assert jumped.growing.id == "a1"
    replay.clock.set_speed(0)
    replay.clock.resume()
    third, ended, *_rest = await collected(events)
    assert isinstance(third, Delta)
    assert third.text == "three"
    assert isinstance(ended, Ended)


async def test_turns_can_be_stepped_through(folder: Path) -> None:
    replay = Replay(load(folder))
    replay.clock.pause()
    replay.next_turn()
    assert replay.position == 3.5
    replay.next_turn()
    assert replay.position == 4.5
    replay.previous_turn()
    assert replay.position == 3.5
    replay.seek(0.2)
    replay.previous_turn()
    assert replay.position == 0.0
    replay.seek(1e9)
    assert replay.over


async def test_speeds_go_from_a_quarter_to_sixteen() -> None:
    replay = Replay(Timeline())
    assert [replay.faster(1) for _step in range(6)] == [2.0, 4.0, 8.0, 16.0, 16.0, 16.0]
    assert [replay.faster(-1) for _step in range(7)] == [8.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.25]
    assert await collected(replay.play()) == [Jumped((), None)]


async def test_recorded_backend_answers_each_request_with_the_next_recording() -> None:
    backend = RecordedBackend(
        [[(0.0, Delta("content", "a", 0.0)), (0.1, End("stop"))], [(0.2, Delta("content", "b", 0.1))]], ReplayClock(0)
    )
    request = ChatRequest({"messages": []})
    first = [event async for event in backend.stream(request, MemoryBlobs())]
    second = [event async for event in backend.stream(request, MemoryBlobs())]
    assert first == [Delta("content", "a", 0.0), End("stop")]
    assert second == [Delta("content", "b", 0.1), End()]


def test_a_cut_anywhere_still_plays(folder: Path) -> None:
    data = (folder / "session.jsonl").read_bytes()
    for cut in range(0, len(data), 7):
        (folder / "session.jsonl").write_bytes(data[:cut])
        timeline = load(folder)
        assert len(timeline.shown(len(timeline.steps))) == len(timeline.path)


def test_print_plays_a_copied_folder(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(folder, tmp_path / "stick")
    before = (tmp_path / "stick" / "session.jsonl").read_bytes()
    assert run(["replay", str(tmp_path / "stick"), "--print", "--speed", "0"]) == 0
    text = capsys.readouterr().out
    assert "one two three" in text
    assert text.rstrip().endswith("Ask again to get all of it.")
    assert "\x1b" not in text
    assert (tmp_path / "stick" / "session.jsonl").read_bytes() == before
    assert [path.name for path in (tmp_path / "stick").iterdir()] == ["session.jsonl"]


def test_print_says_which_answer_it_is_and_how_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        answer(journal, "a", "u", "one")
        journal.append_message(reply("b", "u"))
        journal.append_deltas("b", [Delta("reasoning", "I think", 0.0), Delta("content", "half", 0.001)])
        journal.append_end("b", End("length"))
        journal.append_message(question("v", "go on", "b"))
    assert run(["replay", journal.id, "--print", "--speed", "0"]) == 0
    text = capsys.readouterr().out
    for said in ("answer 2 of 2", "I think", "half", "Cut off: the token limit is reached"):
        assert said in text


def test_print_keeps_the_time(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    begun = time.monotonic()
    assert run(["replay", str(folder), "--print", "--speed", "30"]) == 0
    assert time.monotonic() - begun >= 4.5 / 30


def test_a_session_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", conversation().id, "--print", "--speed", "0"]) == 0
    assert "[cat.jpg]" in capsys.readouterr().out
    assert run(["replay", "nothing", "--print"]) == 1
    assert "No such session" in capsys.readouterr().err
