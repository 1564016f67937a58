"""A Textual that has moved what is private in it is no reason not to start."""

from __future__ import annotations

import subprocess
import sys

import pytest

from minicpm_tui.ui.terminal.private import missing

MOVED = {
    "a module": "sys.modules['textual._compositor'] = types.ModuleType('textual._compositor')",
    "a class": "compositor = sys.modules['textual._compositor'] = types.ModuleType('textual._compositor', Compositor.__doc__)\n"
    "compositor.Compositor = Compositor",
    "a method": "Strip.render_ansi, Strip.other = None, Strip.render_ansi\ndel Strip.render_ansi",
    "a method of the driver": "from textual.drivers.linux_driver import LinuxDriver\n"
    "LinuxDriver.other = LinuxDriver._patch_lflag\ndel LinuxDriver._patch_lflag",
    "a parameter": "App._display = lambda self, screen, renderable, more=None: None",
}
APP = """
import asyncio, sys, types
import textual.screen
from textual._compositor import Compositor
from textual.app import App
from textual.strip import Strip

{moved}

from minicpm_tui.config import load
from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.kit.start_options import Launch

async def main():
    app = MinicpmApp(Launch(load({{}})))
    async with app.run_test() as pilot:
        while not app.chat.talk.furnished:
            await pilot.pause()
        app.forget_output()
        print("shown")

asyncio.run(main())
"""
DOCTOR = """
import sys, types
import textual.screen
from textual._compositor import Compositor
from textual.app import App
from textual.strip import Strip

{moved}

from minicpm_tui.cli.main import main
sys.argv = ["minicpm-tui", "doctor"]
main()
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_this_textual_has_all_of_it() -> None:
    assert missing() == ()


@pytest.mark.parametrize("moved", ["a module", "a class", "a method of the driver", "a parameter"])
def test_the_app_starts_without(moved: str) -> None:
    assert "shown" in run(APP.format(moved=MOVED[moved]))


@pytest.mark.parametrize("moved", MOVED)
def test_the_doctor_says_so(moved: str) -> None:
    assert "writes more over a slow line" in run(DOCTOR.format(moved=MOVED[moved]))


def test_the_doctor_is_silent_when_nothing_moved() -> None:
    assert "slow line" not in run(DOCTOR.format(moved=""))
