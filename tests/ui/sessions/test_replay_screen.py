"""Replays and reruns on the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from minicpm_tui.messages import End, Usage
from minicpm_tui.sessions.events import AnyEvent, DeltaEvent, EndEvent, Header, MessageEvent, OpenEvent, TitleEvent, encode
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.ui.app.replay_app import ReplayApp
from minicpm_tui.ui.conversation.text import MarkdownText
from minicpm_tui.ui.sessions.replay import ReplayScreen
from minicpm_tui.ui.sessions.rerun import RerunScreen
from minicpm_tui.ui.sessions.timebar import TimeBar
from tests.sessions.talk import AT, question, reply
from tests.ui.answering import choose
from tests.ui.sessions.conftest import Opener
from tests.waiting import Condition, until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two turns; the first reply takes two seconds, the second was cut off."""
    place = tmp_path / "20260301-100000-abcd"
    place.mkdir()
    lines: list[Header | AnyEvent] = [
        Header(id=place.name, created=AT),
        OpenEvent(t=0.0, at=AT),
        MessageEvent.of(0.0, question("u1", "count")),
        MessageEvent.of(0.5, reply("a1", "u1")),
        DeltaEvent(t=1.0, id="a1", pieces=((0.5, "content", "one "), (0.5, "content", "two"))),
        EndEvent.of(0.5, "a1", End("stop", Usage(5, 2), 1.5, 0.5)),
        MessageEvent.of(900.0, question("u2", "again", "a1")),
        MessageEvent.of(0.5, reply("a2", "u2")),
        DeltaEvent(t=0.5, id="a2", pieces=((0.5, "content", "thr"),)),
    ]
    (place / "session.jsonl").write_bytes(b"".join(encode(line) for line in lines))
    return place


@dataclass
class Player:
    """The app under a Pilot."""

    app: ReplayApp
    pilot: Pilot[Any]

    async def until(self, condition: Condition) -> None:
        await until(condition, self.pilot)


@asynccontextmanager
async def replaying(folder: Path, speed: float) -> AsyncIterator[tuple[Player, ReplayScreen]]:
    app = ReplayApp(folder, speed)
    async with app.run_test(size=(100, 30)) as pilot:
        driver = Player(app, pilot)
        screen = app.screen
        assert isinstance(screen, ReplayScreen)
        await driver.until(lambda: screen.replay is not None)
        yield driver, screen


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def shown(screen: ReplayScreen) -> list[str]:
    return [entry.source for entry in screen.pane.document.entries]


async def test_a_named_session_is_replayed_under_its_name(folder: Path) -> None:
    with (folder / "session.jsonl").open("ab") as journal:
        journal.write(encode(TitleEvent(t=0.0, text="Counting")))
    async with replaying(folder, 0.0) as (driver, screen):
        await driver.until(lambda: "Counting" in str(screen.query_one("#title").render()))


async def test_everything_is_shown_at_once_without_speed(folder: Path) -> None:
    async with replaying(folder, 0) as (driver, screen):
        await driver.until(lambda: shown(screen) == ["count", "one two", "again", "thr"] and not screen.playing)
        assert "turn 2 of 2: again" in screen.query_one(TimeBar).words
        assert "■" in screen.query_one(TimeBar).words


async def test_pause_and_moving_by_keys(folder: Path) -> None:
    async with replaying(folder, 0.25) as (driver, screen):
        assert screen.replay is not None
        await driver.pilot.press("space")
        await driver.until(lambda: screen.replay is not None and screen.replay.clock.paused)
        await driver.pilot.press("n")
        await driver.until(lambda: shown(screen) == ["count", "one two", "again"])
        await driver.pilot.press("p")
        await driver.until(lambda: shown(screen) == ["count"])
        await driver.pilot.press("plus", "plus")
        assert screen.replay.clock.speed == 1.0
        await driver.pilot.press("g")
        await driver.until(lambda: len(driver.app.screen_stack) == 2)
        driver.app.screen.query_one(Input).value = "0:01.2"
        await driver.pilot.press("enter")
        await driver.until(lambda: shown(screen) == ["count", "one "])
        assert screen.replay.position == pytest.approx(1.2)


async def test_a_replay_that_is_over_begins_again(folder: Path) -> None:
    async with replaying(folder, 0) as (driver, screen):
        await driver.until(lambda: not screen.playing and len(shown(screen)) == 4)
        assert screen.replay is not None
        screen.replay.clock.set_speed(0.25)
        await driver.pilot.press("space")
        await driver.until(lambda: screen.playing and len(shown(screen)) < 4)
        await driver.pilot.press("q")
        await driver.until(lambda: not driver.app.is_running)


async def test_the_time_line_has_turns_and_attachments(folder: Path) -> None:
    async with replaying(folder, 0) as (driver, screen):
        bar = screen.query_one(TimeBar)
        assert bar.marks(40).count("◆") == 2
        await driver.until(lambda: not screen.playing)
        assert screen.replay is not None
        screen.replay.clock.pause()
        await driver.pilot.click(TimeBar, offset=(2, 0))
        await driver.until(lambda: screen.replay is not None and screen.replay.position < 1)


async def test_nothing_is_written(folder: Path) -> None:
    before = contents(folder)
    async with replaying(folder, 0) as (driver, screen):
        await driver.until(lambda: not screen.playing)
    assert contents(folder) == before


async def test_a_session_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    app = ReplayApp(tmp_path / "gone", 1.0)
    async with app.run_test() as pilot:
        driver = Player(app, pilot)
        await driver.until(lambda: "cannot be read" in str(app.screen.query_one("#title").render()))


async def test_a_rerun_is_compared_and_saved(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(DemoOptions(tokens_per_second=0)) as server:
        monkeypatch.setenv("MINICPM_TUI_API_KEY", server.key)
        with Journal.create() as first:
            first.append_message(question("u", "hello there"))
            first.append_message(reply("a", "u").with_reply("**加粗：**Hello <ref>you</ref>", "", End("stop")))
        async with opened(session=first.id, url=server.url) as driver:
            await driver.connected()
            await driver.app.run_action("open('rerun')")
            screen = driver.app.screen
            assert isinstance(screen, RerunScreen)
            await choose(driver.pilot, "new")
            await driver.until(lambda: screen.saved is not None)
            (turn,) = screen.turns
            assert turn.comparison is not None
            assert turn.comparison.recorded.text == "**加粗：**Hello <ref>you</ref>"
            assert turn.comparison.new.text
            recorded, new = turn.query(MarkdownText)
            assert [line.text for line in recorded.lines(60)] == ["加粗：Hello <ref>you</ref>"]
            assert "## What the demo" not in "".join(line.text for line in new.lines(60))
            assert "What the demo server sees" in "".join(line.text for line in new.lines(60))
            assert any("added" in ink for line in new.lines(60) for _text, ink in line.runs)
            state = str(screen.query_one("#state").render())
            assert "1 turn · " in state
            assert screen.saved is not None
            assert screen.saved in state
            await driver.pilot.press("enter")
            await driver.until(lambda: driver.model.journal is not None and driver.model.journal.id == screen.saved)
            await driver.app.run_action("open('rerun')")
            again = driver.app.screen
            assert isinstance(again, RerunScreen)
            await choose(driver.pilot, "compare")
            await driver.until(lambda: [each.comparison for each in again.turns] == [turn.comparison])
