"""What is loaded before the first paint: each package costs every start its time."""

from __future__ import annotations

import subprocess
import sys

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving

PACKAGES = {"msgspec", "platformdirs", "rich", "textual", "typing_extensions"}
"""Distributed packages that the app's modules import, by their top-level names. The set may only shrink."""
OF_RICH = {"attr"}
"""Rich before 15 imports it where it happens to be installed."""

OURS = """
cli cli.main cli.plain cli.warn config decoding errors errors.base errors.saved errors.serving files i18n libraries paths
receiving receiving.transfer redaction sampling text ui ui.app ui.app.app ui.app.app_base ui.app.commands ui.app.run
ui.app.screens ui.batch ui.batch.commands ui.chat ui.chat.changed_settings ui.chat.columns ui.chat.commands ui.chat.connection
ui.chat.model ui.chat.pane ui.chat.panes ui.chat.presence ui.chat.sampling ui.chat.screen ui.chat.shown_conversation
ui.chat.status ui.chat.status_line ui.chat.switchboard ui.chat.welcome ui.composer ui.composer.place ui.kit ui.kit.commands
ui.kit.error_line ui.kit.fitting ui.kit.hint_bar ui.kit.messages ui.kit.open_conversation ui.kit.start_options
ui.kit.stylesheet ui.kit.themes ui.kit.ui_state ui.kit.words ui.sessions ui.sessions.commands ui.terminal ui.terminal.answers
ui.terminal.caret ui.terminal.clipboard ui.terminal.driver ui.terminal.graphics ui.terminal.graphics.block_support
ui.terminal.graphics.iterm2 ui.terminal.graphics.query ui.terminal.graphics.symbols ui.terminal.handover ui.terminal.hangup
ui.terminal.jobs ui.terminal.key_order ui.terminal.key_parser ui.terminal.line ui.terminal.mouse ui.terminal.multiplexer
ui.terminal.output ui.terminal.output.blank ui.terminal.output.cells ui.terminal.output.colourless ui.terminal.output.frames
ui.terminal.output.lean ui.terminal.output.narrow ui.terminal.output.pen ui.terminal.output.scrolling ui.terminal.output.sgr
ui.terminal.output.surface ui.terminal.output.written ui.terminal.paintings ui.terminal.pasting ui.terminal.pasting.app
ui.terminal.pasting.arrivals ui.terminal.pasting.input ui.terminal.pasting.ways ui.terminal.private
"""
"""Modules of the program that are imported before the first paint, without its name. The list may only shrink."""
STANDARD = {"gc"}
"""Modules of the standard library that Textual's own app does without, by their top-level names. As above."""

_CODE = """
import sys

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
before = set(sys.modules)
import minicpm_tui.cli.main, minicpm_tui.ui.app.run, minicpm_tui.ui.app.app
loaded = {name.partition(".")[0] for name in sys.modules.keys() - before}
print(*sorted(loaded - sys.stdlib_module_names - {"minicpm_tui"}))
"""

_BESIDE_TEXTUAL = """
import sys

import textual.app, textual.drivers.linux_driver, textual.widgets._static
import tempfile  # newer versions of Textual do
before = set(sys.modules)
import minicpm_tui.cli.main, minicpm_tui.ui.app.run, minicpm_tui.ui.app.app, minicpm_tui.ui.terminal.driver
loaded = sys.modules.keys() - before
print(*(name.removeprefix("minicpm_tui.") for name in loaded if name.startswith("minicpm_tui.")))
print(*({name.partition(".")[0] for name in loaded} & sys.stdlib_module_names))
print(*(name for name in loaded if name.startswith("textual.document")))  # what its TextArea brings along
"""


def test_the_start_loads_no_package_that_it_did_without() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], check=True, capture_output=True, text=True)
    assert not set(done.stdout.split()) - PACKAGES - OF_RICH


def test_the_start_loads_no_module_that_it_did_without() -> None:
    done = subprocess.run([sys.executable, "-c", _BESIDE_TEXTUAL], check=True, capture_output=True, text=True)
    ours, standard, field = (set(line.split()) for line in done.stdout.splitlines())
    assert not ours - set(OURS.split()), "import it when it is used"
    assert not standard - STANDARD, "import it when it is used"
    assert not field, "the composer comes after the first paint"


_WRITING = """
import asyncio, sys
from minicpm_tui.config import load
from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.kit.start_options import Launch

HEAVY = {"openai", "pydantic", "httpx2", "markdown_it", "pygments"}

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


_ASKING = """
import sys
from minicpm_tui.cli.main import run
status = run(["ask", "hello", "--no-save", "--url", sys.argv[1]])
print()
print(status, *sorted({"openai", "pydantic", "textual"} & sys.modules.keys()))
"""


def test_a_single_question_is_asked_without_the_openai_library() -> None:
    with serving(DemoOptions(tokens_per_second=0, reply="Yes.")) as server:
        argv = [sys.executable, "-c", _ASKING, server.url]
        done = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=100)
    assert done.stdout.split() == ["Yes.", "0"]
