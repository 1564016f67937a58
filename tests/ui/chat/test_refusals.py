"""A key that does nothing now says why, once on the screen."""

from __future__ import annotations

import pytest

from minicpm_tui.demo.testing import DemoServer
from tests.ui.chat.conftest import Opener

REFUSED = {
    "ctrl+f": "There is no conversation yet",
    "ctrl+y": "There is no conversation yet",
    "f9": "There is no conversation yet",
    "ctrl+up": "There is no conversation yet",
    "ctrl+r": "Nothing has been asked yet",
    "f7": "Nothing has been asked yet",
    "ctrl+l": "There are no pictures in this conversation yet",
    "ctrl+n": "This conversation is new already",
}


@pytest.mark.parametrize("key", REFUSED)
async def test_a_key_that_does_nothing_says_why(opened: Opener, key: str) -> None:
    async with opened(url="127.0.0.1:9") as driver:
        await driver.write("two words")
        driver.app.clear_notifications()
        await driver.pilot.press(key, key)
        await driver.until(lambda: REFUSED[key] in driver.said)
        assert driver.said.count(REFUSED[key]) == 1
        assert driver.talk.composer.text == "two words"


async def test_what_was_undone_comes_back(opened: Opener) -> None:
    async with opened(url="127.0.0.1:9") as driver:
        await driver.write("words")
        await driver.pilot.press("ctrl+z")
        assert driver.talk.composer.text == ""
        await driver.pilot.press("alt+y")
        assert driver.talk.composer.text == "words"


async def test_what_is_possible_says_nothing(slow_server: DemoServer, opened: Opener) -> None:
    async with opened(url=slow_server.url) as driver:
        await driver.connected()
        await driver.write("hello")
        await driver.pilot.press("enter", "ctrl+f")  # at once: the message is on its way
        await driver.until(lambda: driver.talk.finding)
        await driver.pilot.press("escape", "escape")
        await driver.until(lambda: not driver.talk.running)
        assert "no conversation" not in driver.said
