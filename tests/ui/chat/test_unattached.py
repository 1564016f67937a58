"""A message that names a file which is not on it is held once; whatever the model has seen is no news."""

from __future__ import annotations

from pathlib import Path

from minicpm_tui.demo.testing import DemoServer
from minicpm_tui.messages import media_of
from tests.ui.chat.conftest import Opener


async def test_it_is_held_once_and_a_second_enter_sends_it(server: DemoServer, opened: Opener, picture: Path) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        text = f"what is in '{picture}' and /nowhere/p9.jpg?"
        await driver.write(text)
        await driver.pilot.press("enter")
        await driver.until(lambda: "red cat.png is not attached: @" in driver.said and "not on this machine" in driver.said)
        assert driver.said.count("Enter once more sends it as text") == 2
        assert driver.talk.composer.text == text
        assert server.chats == []
        await driver.ask(text)
        assert server.chats[0]["messages"][-1]["content"] == text


async def test_what_is_attached_or_was_is_not_told(server: DemoServer, opened: Opener, picture: Path) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        driver.talk.composer.folder = picture.parent
        await driver.talk.attach([str(picture)])
        await driver.until(lambda: bool(driver.talk.tray.attachments))
        await driver.ask("what is in 'red cat.png'?")
        await driver.ask("and what else is in 'red cat.png'?")
        driver.app.chat.action_edit_last()
        await driver.write("is 'red cat.png' red?")
        await driver.pilot.press("enter")
        await driver.until(lambda: driver.path[-2].text == "is 'red cat.png' red?" and not driver.talk.running)
        assert len(media_of(driver.path[0].content)) == 1
        assert "not attached" not in driver.said


async def test_what_is_typed_after_enter_comes_after_it(server: DemoServer, opened: Opener, tmp_path: Path) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        driver.talk.composer.folder = tmp_path
        await driver.pilot.press(*"is p9.jpg red?", "enter", *"next")
        await driver.until(lambda: len(driver.path) == 2 and not driver.talk.running)
        assert driver.path[0].text == "is p9.jpg red?"
        assert driver.talk.composer.text == "next"


async def test_what_was_told_is_gone_once_it_is_sent(server: DemoServer, opened: Opener, picture: Path) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        text = f"what is in '{picture}'?"
        await driver.write(text)
        await driver.pilot.press("enter")
        await driver.until(lambda: "is not attached" in driver.said)
        await driver.ask(text)
        assert "is not attached" not in driver.said
