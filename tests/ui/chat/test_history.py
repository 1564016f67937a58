"""What was sent is at hand with ↑, also in a later run."""

from __future__ import annotations

from pathlib import Path

from minicpm_tui.demo.testing import DemoServer
from tests.ui.chat.conftest import Opener


async def test_up_shows_what_was_sent_in_earlier_runs(server: DemoServer, opened: Opener) -> None:
    for text in ("first question", "second question"):
        async with opened(url=server.url) as driver:
            await driver.connected()
            await driver.ask(text)
    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.ask("third question")
        await driver.until(lambda: not any(worker.group == "history" for worker in driver.app.workers))
        for expected in ("third question", "second question", "first question"):
            await driver.pilot.press("up")
            assert driver.talk.composer.text == expected
        await driver.pilot.press("down", "down", "down")
        assert driver.talk.composer.text == ""


async def test_a_history_that_cannot_be_written_is_said(server: DemoServer, opened: Opener, home: Path) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        (home / "state" / "history.jsonl").mkdir(parents=True)
        await driver.ask("hello")
        await driver.until(lambda: "history.jsonl" in driver.said)
