"""Pictures of the whole app: what changes in them is to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from textual.pilot import Pilot

from minicpm_tui import i18n
from minicpm_tui.config import load
from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.chat.screen import ChatScreen
from minicpm_tui.ui.chat.welcome import Welcome
from minicpm_tui.ui.files.preview import Preview
from minicpm_tui.ui.kit import themes
from minicpm_tui.ui.kit.start_options import Launch
from tests.waiting import until

NOBODY = "http://127.0.0.1:9"
"""The discard port: nothing listens there."""

Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def holiday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that the file pane shows."""
    folder = tmp_path / "holiday"
    folder.mkdir()
    for name, colour in (("harbour.png", "navy"), ("sunset.png", "orange")):
        Image.new("RGB", (64, 48), colour).save(folder / name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(folder)


def app() -> MinicpmApp:
    return MinicpmApp(Launch(load({"url": NOBODY, "theme": themes.DEFAULT})))  # a terminal of few colours would get another


async def at_rest(pilot: Pilot[int]) -> None:
    """Wait until it is said that nobody answers and all is there; nothing moves then."""
    chat = pilot.app.screen
    assert isinstance(chat, ChatScreen)
    await until(lambda: chat.query_one(Welcome).link == "failed" and chat.model.journal is not None, pilot)
    if chat.query_one("#files").display:
        await until(lambda: "PNG" in chat.query_one(Preview).caption, pilot)
    assert isinstance(pilot.app, MinicpmApp)
    pilot.app.chat.talk.composer.cursor_blink = False
    await pilot.pause()


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_server(size: tuple[int, int], snap_compare: Compare) -> None:
    assert snap_compare(app(), terminal_size=size, run_before=at_rest)


def test_no_server_in_chinese(snap_compare: Compare) -> None:
    i18n.set_language("zh_CN")
    assert snap_compare(app(), terminal_size=(80, 24), run_before=at_rest)


@pytest.mark.parametrize("key", ["f1", "f5"], ids=["help", "sampling"])
def test_a_window(key: str, snap_compare: Compare) -> None:
    async def opened(pilot: Pilot[int]) -> None:
        await at_rest(pilot)
        below = pilot.app.screen
        await pilot.press(key)
        await until(lambda: pilot.app.screen is not below and pilot.app.screen.focused is not None, pilot)

    assert snap_compare(app(), terminal_size=(80, 24), run_before=opened)
