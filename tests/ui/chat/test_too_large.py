"""A message that a gateway refuses for its size: the program asks, and later messages are answered either way."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui.demo.options import Faults
from minicpm_tui.demo.testing import DemoServer
from minicpm_tui.ui.kit.dialogs import Ask
from tests.ui.chat.conftest import Driver, Opener


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    path = tmp_path / "noise.png"
    Image.effect_noise((300, 300), 80).save(path)
    return path


async def refused(driver: Driver, noise: Path) -> None:
    """A message is refused, and the program asks what to do."""
    await driver.connected()
    driver.talk.tray.attach([str(noise)])
    await driver.until(lambda: bool(driver.talk.tray.attachments) and driver.talk.tray.attachments[0].prepared is not None)
    await driver.write("what is this?")
    await driver.pilot.press("enter")
    await driver.until(lambda: isinstance(driver.app.screen, Ask))


async def test_it_is_sent_smaller_when_the_user_says_so(server: DemoServer, opened: Opener, noise: Path) -> None:
    server.set_faults(Faults(most_bytes=50_000))
    async with opened(url=server.url) as driver:
        await refused(driver, noise)
        await driver.pilot.press("s")
        await driver.until(lambda: len(driver.path) == 2 and not driver.talk.running)
        assert driver.path[1].end.error is None
        assert "Pictures" in driver.path[1].text or "picture" in driver.path[1].text


async def test_left_out_it_stands_in_nobodys_way(server: DemoServer, opened: Opener, noise: Path) -> None:
    server.set_faults(Faults(most_bytes=50_000))
    async with opened(url=server.url) as driver:
        await refused(driver, noise)
        await driver.pilot.press("enter")
        await driver.until(lambda: not driver.talk.running)
        await driver.ask("and without it?")
        assert driver.path[3].end.error is None
        assert [message["content"] for message in server.chats[-1]["messages"]] == ["and without it?"]
