"""Makes the README's screenshots from the running app and the demo server: ``python -m tests.screenshots.make [FOLDER]``.

Each is an SVG of what a user sees at that size. The demo server's answers are facts about the pictures, which are drawn here.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from PIL import Image, ImageDraw
from textual.pilot import Pilot

FOLDER = Path(__file__).parent
Scene = Callable[["Pilot[int]", Path], Awaitable[None]]


def draw_pictures(folder: Path) -> None:
    """A small holiday: a sunset, a tree, a harbour."""
    sunset = Image.new("RGB", (1600, 900))
    ink = ImageDraw.Draw(sunset)
    for y in range(900):
        ink.line((0, y, 1600, y), (250 - y // 6, 150 - y // 12, 90 + y // 10))
    ink.ellipse((700, 380, 900, 580), (255, 236, 170))
    ink.rectangle((0, 620, 1600, 900), (60, 70, 110))
    sunset.save(folder / "sunset.jpg", quality=90)
    tree = Image.new("RGB", (900, 1200), (190, 215, 235))
    ink = ImageDraw.Draw(tree)
    ink.rectangle((420, 600, 480, 1100), (96, 68, 48))
    ink.ellipse((200, 200, 700, 750), (70, 130, 70))
    tree.save(folder / "tree.png")
    harbour = Image.new("RGB", (1280, 720), (120, 170, 200))
    ink = ImageDraw.Draw(harbour)
    ink.rectangle((0, 460, 1280, 720), (40, 80, 120))
    ink.polygon(((300, 460), (700, 460), (620, 540), (380, 540)), (180, 60, 50))
    ink.polygon(((500, 150), (500, 440), (660, 440)), (240, 240, 235))
    harbour.save(folder / "harbour.webp")


async def settle(pilot: Pilot[int], condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for ``condition``."""
    for _step in range(int(seconds / 0.02)):
        await pilot.pause()
        if condition():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def chat(pilot: Pilot[int], pictures: Path) -> None:
    """A question about a picture, with another one attached to the next message."""
    from minicpm_tui.ui.app.app import MinicpmApp
    from minicpm_tui.ui.files.pane import FilePane

    app = pilot.app
    assert isinstance(app, MinicpmApp)
    talk = app.chat.talk
    await settle(pilot, lambda: app.chat.model.session is not None)
    talk.tray.attach([str(pictures / "sunset.jpg")])
    await settle(pilot, lambda: bool(talk.tray.attachments) and talk.tray.attachments[0].done.is_set())
    talk.composer.write("What do you see in this picture?")
    await pilot.press("enter")
    await settle(pilot, lambda: app.chat.model.asked and not talk.running)
    talk.tray.attach([str(pictures / "harbour.webp"), str(pictures / "tree.png")])
    await settle(pilot, lambda: len(talk.tray.attachments) == 2 and all(entry.done.is_set() for entry in talk.tray.attachments))
    talk.composer.write("And how do these two differ from it?")
    panes = app.screen.query(FilePane)
    if panes:
        tree = panes.first().file_tree
        await settle(pilot, lambda: len(tree.items) >= 3)
        tree.stand(2)
    await asyncio.sleep(0.5)
    await pilot.pause()


async def welcome(pilot: Pilot[int], _pictures: Path) -> None:
    """A first start."""
    from minicpm_tui.ui.app.app import MinicpmApp

    app = pilot.app
    assert isinstance(app, MinicpmApp)
    await settle(pilot, lambda: app.chat.model.session is not None)
    await asyncio.sleep(0.3)
    await pilot.pause()


async def help_screen(pilot: Pilot[int], pictures: Path) -> None:
    """Every key."""
    await welcome(pilot, pictures)
    await pilot.press("f1")
    await pilot.pause()


SCENES: dict[str, tuple[Scene, tuple[int, int], str, str]] = {
    "chat": (chat, (120, 38), "minicpm-dark", "en"),
    "chat-light": (chat, (120, 38), "minicpm-light", "en"),
    "chat-80x24": (chat, (80, 24), "minicpm-dark", "en"),
    "chat-zh": (chat, (120, 38), "blue-hour", "zh_CN"),
    "welcome": (welcome, (100, 28), "minicpm-dark", "en"),
    "help": (help_screen, (100, 34), "tea-garden", "en"),
}
"""Name: what is shown, columns × rows, theme, language."""


async def make(name: str, folder: Path) -> Path:
    """Draw the scene ``name``; returns the file."""
    from minicpm_tui.config import load
    from minicpm_tui.demo.options import DemoOptions
    from minicpm_tui.demo.testing import serving
    from minicpm_tui.i18n import set_language
    from minicpm_tui.ui.app.app import MinicpmApp
    from minicpm_tui.ui.kit.start_options import Launch

    scene, size, theme, language = SCENES[name]
    with tempfile.TemporaryDirectory() as scratch, serving(DemoOptions(tokens_per_second=60)) as server:
        os.environ["MINICPM_TUI_HOME"] = f"{scratch}/home"
        os.environ["HOME"] = scratch
        pictures = Path(scratch) / "holiday"
        pictures.mkdir()
        draw_pictures(pictures)
        os.chdir(pictures)
        set_language(language)
        app = MinicpmApp(Launch(load({"url": server.url, "theme": theme})))
        async with app.run_test(size=size) as pilot:
            await scene(pilot, pictures)
            svg = app.export_screenshot(title="minicpm-tui")
            await app.chat.model.close()
        os.chdir("/")
    path = folder / f"{name}.svg"
    path.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")  # nothing is fetched
    return path


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0]).resolve() if arguments else FOLDER
    for name in arguments[1:] or SCENES:
        print(asyncio.run(make(name, folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
