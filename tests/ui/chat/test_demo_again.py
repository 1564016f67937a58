"""A demo server that has died is started again by whatever tries again, and the conversation goes on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from minicpm_tui.ui.chat.connection import Connected, Lost
from minicpm_tui.ui.kit.dialogs import Choose
from tests.ui.chat.conftest import Driver, Opener


async def _lose_the_demo(driver: Driver) -> int:
    """Talk with a demo server and kill it; its process id."""
    driver.app.chat.action_demo()
    await driver.connected()
    await driver.ask("first")
    demo = driver.model.connector.demo
    assert demo is not None
    os.kill(demo.pid, signal.SIGKILL)
    await driver.until(lambda: isinstance(driver.model.state, Lost))
    return demo.pid


async def _anew(driver: Driver, dead: int) -> None:
    await driver.until(lambda: isinstance(driver.model.state, Connected))
    demo = driver.model.connector.demo
    assert demo is not None
    assert demo.pid != dead


async def test_choosing_it_starts_a_new_one_and_what_is_written_stays(opened: Opener, picture: Path) -> None:
    async with opened() as driver:
        dead = await _lose_the_demo(driver)
        await driver.write("second")
        await driver.talk.attach([str(picture)])
        await driver.pilot.press("f4")
        await driver.until(lambda: isinstance(driver.app.screen, Choose))
        await driver.pilot.press(*"demo server", "enter")
        await _anew(driver, dead)
        assert driver.talk.composer.text == "second"
        assert len(driver.talk.tray.attachments) == 1
        await driver.pilot.press("enter")
        await driver.until(lambda: len(driver.path) == 4 and not driver.talk.running)
        assert driver.path[-1].end.error is None


@pytest.mark.parametrize("again", ["action_retry", "action_reconnect"])
async def test_trying_again_starts_a_new_one(again: str, opened: Opener) -> None:
    async with opened() as driver:
        dead = await _lose_the_demo(driver)
        getattr(driver.app.chat, again)()
        await _anew(driver, dead)
        await driver.until(lambda: not driver.talk.running and driver.path[-1].end is not None)
        assert driver.path[-1].end.error is None


async def test_what_is_said_of_it_names_what_helps(opened: Opener) -> None:
    async with opened() as driver:
        await _lose_the_demo(driver)
        await driver.ask("second")
        for words in (driver.path[-1].end.error.hint, driver.model.connector.problem):
            assert "demo server" in words
            assert "F4" in words
            assert "F3" not in words
