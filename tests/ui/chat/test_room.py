"""Files on the message share the room that the conversation leaves, as ``ask`` has them share it."""

from __future__ import annotations

from pathlib import Path

import pytest

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from minicpm_tui.messages import media_of
from tests.media.making import clip
from tests.ui.chat.conftest import Driver, Opener


@pytest.fixture
def clips(tmp_path: Path) -> list[str]:
    """Two videos of a minute."""
    return [str(clip(tmp_path / f"{name}.mp4", 60, rate=1)) for name in "ab"]


def frames(driver: Driver) -> list[int]:
    """Of each file on the message that is ready."""
    made = [attachment.prepared for attachment in driver.talk.tray.attachments]
    return [len(each.part.digests) for each in made if each]


async def test_two_clips_share_the_room_also_when_the_second_comes_later(opened: Opener, clips: list[str]) -> None:
    with serving(DemoOptions(tokens_per_second=0, max_model_len=4096)) as small:
        async with opened(url=small.url) as driver:
            await driver.connected()
            driver.talk.tray.attach(clips[:1])
            await driver.until(lambda: frames(driver) == [32])
            driver.talk.tray.attach(clips[1:])
            await driver.until(lambda: frames(driver) == [27, 27])
            await driver.ask("compare them")
            assert [len(part.digests) for part in media_of(driver.path[0].content)] == [27, 27]
            assert "not fit" not in driver.said


async def test_a_clip_that_comes_late_takes_what_is_left_and_no_turn_is_dropped(opened: Opener, clips: list[str]) -> None:
    with serving(DemoOptions(tokens_per_second=0, max_model_len=4096, reply="word " * 700)) as small:
        async with opened(url=small.url) as driver:
            await driver.connected()
            driver.talk.tray.attach(clips[:1])
            await driver.until(lambda: frames(driver) == [32])
            driver.talk.tray.take()
            await driver.ask("tell me a long story")
            driver.talk.tray.attach(clips[:1])
            await driver.until(lambda: frames(driver) not in ([], [32]))
            await driver.ask("what is this?")
            assert len(small.chats[-1]["messages"]) == 3, frames(driver)
            assert "no longer fit" not in driver.said
