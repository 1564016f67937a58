"""Files of the user's own machine: a pasted path says how to bring them, and what arrives is attached."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from minicpm_tui import paths
from minicpm_tui.receiving import inbox, reception, sockets
from minicpm_tui.receiving.transfer import Transfer
from minicpm_tui.ui.receiving.line import said
from tests.ui.chat.conftest import open_app


async def test_a_path_of_another_machine_is_brought_by_one_line_that_can_be_copied(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "203.0.113.9 51000 10.0.0.7 22")
    monkeypatch.setattr(reception, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(inbox, "QUIET_SECONDS", 0.0)
    async with open_app(url="127.0.0.1:9") as driver:
        await driver.write("What is on\n")
        await driver.talk.composer.paste("/Users/me/shot.png")
        await driver.until(lambda: "not on this machine" in driver.said)
        assert "scp /Users/me/shot.png" in driver.said
        assert driver.talk.composer.text == "What is on\n/Users/me/shot.png"
        await driver.pilot.press("alt+u")
        await driver.until(lambda: driver.app.clipboard.startswith("scp /Users/me/shot.png"))
        assert driver.app.clipboard.endswith(f"@10.0.0.7:{paths.inbox_dir()}/")
        shutil.copy(picture, paths.inbox_dir() / "shot.png")
        await driver.until(lambda: [each.name for each in driver.talk.tray.attachments] == ["shot.png"])
        assert "shot.png has arrived" in driver.said
        assert driver.talk.composer.text == "What is on\n"


async def test_a_path_that_was_given_up_is_offered_anew() -> None:
    async with open_app(url="127.0.0.1:9") as driver:
        for _time in range(2):
            await driver.write("/Users/me/shot.png")
            driver.app.clear_notifications()
            await driver.pilot.press("enter")
            await driver.until(lambda: "not on this machine" in driver.said)
            assert driver.talk.composer.text == "/Users/me/shot.png"
            await driver.until(lambda: "alt+u" in driver.app.screen.active_bindings)
            await driver.write("")
            await driver.until(lambda: "alt+u" not in driver.app.screen.active_bindings)


async def test_escape_stops_what_arrives_and_keeps_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception, "LOOK_SECONDS", 0.02)
    async with open_app(url="127.0.0.1:9") as driver:
        await driver.until(lambda: bool(list(sockets.candidates())))
        caller = sockets.connect(next(sockets.candidates()))
        assert caller is not None
        with caller:
            caller.sendall(b"\x89PNG\r\n\x1a\n" + bytes(1000))
            await driver.until(lambda: driver.talk.receiving.display)
            await driver.pilot.press("h", "i")
            await driver.pilot.press("escape")
            await driver.until(lambda: "did not arrive" in driver.said)
        assert not driver.talk.receiving.display
        assert driver.talk.composer.text == "hi"
        assert driver.talk.tray.attachments == []


async def test_several_files_of_a_drop_are_attached_and_what_is_none_is_said(picture: Path) -> None:
    async with open_app(url="127.0.0.1:9") as driver:
        line = driver.talk.receiving
        line.hovering(over=True)
        await driver.until(lambda: line.display)
        assert "Let go" in str(line.render())
        assert line.transfer is None
        line.hovering(over=False)
        await driver.until(lambda: not line.display)
        line.began(Transfer(10**6))
        shot = await asyncio.to_thread(picture.read_bytes)
        for data in (shot, b"no picture", shot):
            line.received(data, "dropped", more=True)
        await driver.until(lambda: line.arriving)
        await driver.until(lambda: "Neither a picture nor a video" in driver.said)
        await driver.until(lambda: len(driver.talk.tray.attachments) == 2)
        assert line.arriving
        line.all_received(["2 symbolic links left out"])
        await driver.until(lambda: "2 symbolic links left out" in driver.said)
        assert not line.display
        assert all(each.name.startswith("dropped-") for each in driver.talk.tray.attachments)


def test_progress_says_bytes_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = Transfer(10**9, total=2_000_000)
    transfer.count(500_000)
    monkeypatch.setattr(transfer, "_began", transfer._began - 5)
    assert "500 kB of 2.0 MB" in said(transfer)
    assert "100 kB/s" in said(transfer)
    assert "0:15 left" in said(transfer)
