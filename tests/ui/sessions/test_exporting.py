"""Writing the open conversation into a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.widgets import Input

from minicpm_tui.sessions.journal import Journal
from minicpm_tui.ui.kit.dialogs import Choose, Line
from tests.sessions.talk import conversation
from tests.ui.answering import choose
from tests.ui.chat.conftest import Driver
from tests.ui.sessions.conftest import Opener


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def shown(driver: Driver) -> str:
    """What the terminal shows."""
    return "\n".join("".join(segment.text for segment in strip) for strip in driver.app.screen._compositor.render_strips())


async def choose_kind(driver: Driver, kind: str) -> Line:
    """Ask for an export as ``kind``; the window that wants a name."""
    await driver.pilot.press("f12")
    await driver.until(lambda: isinstance(driver.app.screen, Choose))
    await driver.pilot.press(*kind, "enter")
    await driver.until(lambda: isinstance(driver.app.screen, Line))
    assert isinstance(driver.app.screen, Line)
    return driver.app.screen


async def test_the_name_comes_from_the_title_and_the_whole_path_is_said(opened: Opener, folder: Path) -> None:
    session = conversation()
    with Journal.open(session.id) as journal:
        journal.set_title("猫 on a sofa: red/blue?")
    async with opened(session=session.id) as driver:
        window = await choose_kind(driver, "html")
        path = folder / "猫-on-a-sofa-red-blue.html"
        assert window.query_one(Input).value == str(path)
        await driver.until(lambda: str(path) in shown(driver))
        await driver.pilot.press("enter")
        await driver.until(lambda: str(path) in driver.said)
        assert b"red" in path.read_bytes()
        window = await choose_kind(driver, "html")
        assert window.query_one(Input).value == str(folder / "猫-on-a-sofa-red-blue-2.html")


async def test_nothing_is_replaced_unasked_and_what_was_typed_stays(opened: Opener, folder: Path) -> None:
    taken = folder / "mine.html"
    taken.write_text("mine")
    async with opened(session=conversation().id) as driver:
        window = await choose_kind(driver, "html")
        for answer, expected in (("close", "mine"), ("replace", "<!")):
            window.query_one(Input).value = "mine.html"
            await driver.pilot.press("enter")
            await choose(driver.pilot, answer)
            if answer == "close":
                await driver.until(lambda: isinstance(driver.app.screen, Line))
                assert isinstance(driver.app.screen, Line)
                window = driver.app.screen
                assert window.query_one(Input).value == "mine.html"
            else:
                await driver.until(lambda: str(taken) in driver.said)
            assert taken.read_text().startswith(expected)


async def test_a_folder_that_is_not_there_is_said_and_the_path_can_be_mended(opened: Opener, folder: Path) -> None:
    async with opened(session=conversation().id) as driver:
        window = await choose_kind(driver, "html")
        window.query_one(Input).value = "missing/talk.html"
        await driver.pilot.press("enter")
        await driver.until(lambda: f"{folder / 'missing' / 'talk.html'}: " in driver.said)
        await driver.until(lambda: isinstance(driver.app.screen, Line))
        assert driver.app.screen.query_one(Input).value == "missing/talk.html"


async def test_without_a_conversation_there_is_nothing_to_export(opened: Opener, folder: Path) -> None:
    async with opened() as driver:
        await driver.pilot.press("f12")
        await driver.pilot.pause()
        assert driver.app.screen is driver.app.chat
        assert os.listdir(folder) == []
