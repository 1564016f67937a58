"""What is loaded before the first paint: each package costs every start its time."""

from __future__ import annotations

import subprocess
import sys

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving

PACKAGES = {"click", "msgspec", "platformdirs", "rich", "textual", "typing_extensions"}
"""Distributed packages that the app's modules import, by their top-level names. The set may only shrink."""
OF_RICH = {"attr"}
"""Rich before 15 imports it where it happens to be installed."""

_CODE = """
import sys

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
before = set(sys.modules)
import minicpm_tui.cli.root, minicpm_tui.ui.app.run, minicpm_tui.ui.app.app
loaded = {name.partition(".")[0] for name in sys.modules.keys() - before}
print(*sorted(loaded - sys.stdlib_module_names - {"minicpm_tui"}))
"""


def test_the_start_loads_no_package_that_it_did_without() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], check=True, capture_output=True, text=True)
    assert not set(done.stdout.split()) - PACKAGES - OF_RICH


_WRITING = """
import asyncio, sys
from minicpm_tui.config import load
from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.kit.start_options import Launch

HEAVY = {"openai", "pydantic", "markdown_it", "pygments"}

async def main():
    app = MinicpmApp(Launch(load({"url": sys.argv[1]})))
    async with app.run_test() as pilot:
        while app.chat.model.session is None:
            await pilot.pause(0.01)
        print("at rest:", *sorted(HEAVY & sys.modules.keys()))
        await pilot.press("h")
        while not {"openai", "markdown_it"} <= sys.modules.keys():
            await pilot.pause(0.01)
        print("writing")

asyncio.run(main())
"""


def test_what_a_reply_needs_is_loaded_when_a_question_is_written() -> None:
    with serving(DemoOptions(tokens_per_second=0)) as server:
        argv = [sys.executable, "-c", _WRITING, server.url]
        done = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=100)
    assert done.stdout.splitlines() == ["at rest:", "writing"]
