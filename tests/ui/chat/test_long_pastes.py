"""A long paste is shown by a mark; the whole of it is sent, kept and edited."""

from __future__ import annotations

from minicpm_tui.demo.testing import DemoServer
from minicpm_tui.ui.composer.folds import LONGEST
from tests.ui.chat.conftest import Opener

LONG = "word " * (LONGEST // 5) + "the end"
MARK = f"[pasted text 1: {len(LONG):,} characters]"


async def test_the_whole_is_sent_and_offered_again(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.talk.composer.paste(LONG)
        await driver.pilot.press(*"?!")
        assert driver.talk.composer.text == f"{MARK}?!"
        assert driver.talk.unsent().text == f"{LONG}?!"
        await driver.pilot.press("enter")
        await driver.until(lambda: len(driver.path) == 2 and not driver.talk.running)
        assert driver.path[0].text == f"{LONG}?!"
        await driver.pilot.press("up")
        assert driver.talk.composer.message == f"{LONG}?!"
        assert len(driver.talk.composer.text) < 100
        await driver.pilot.press("f7")
        assert driver.talk.composer.message == f"{LONG}?!"


async def test_one_key_takes_it_out_and_one_brings_it_back(opened: Opener) -> None:
    async with opened(url="127.0.0.1:9") as driver:
        await driver.write("before ")
        await driver.talk.composer.paste(LONG)
        await driver.pilot.press("backspace")
        assert driver.talk.composer.text == "before "
        await driver.pilot.press("ctrl+z")
        assert driver.talk.composer.message == f"before {LONG}"


async def test_what_is_not_long_is_shown(opened: Opener) -> None:
    async with opened(url="127.0.0.1:9") as driver:
        await driver.talk.composer.paste(LONG[:LONGEST])
        assert driver.talk.composer.text == LONG[:LONGEST]
