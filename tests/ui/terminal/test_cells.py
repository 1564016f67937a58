"""The size of a cell is measured again when the font may have changed."""

from __future__ import annotations

import signal
import sys

import pytest

from tests.terminal import Terminal

QUESTION = b"\x1b[16t"
APP = """
from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.terminal.graphics.query import Query

MinicpmApp.watch_terminal = lambda app, old, new: app.notify(f"cell {new.cell_width}x{new.cell_height}")
query = Query("sixel", background=True)
MinicpmApp(terminal=query.answer()).run()
"""


@pytest.mark.parametrize("answer", [b"\x1b[6;20;10t", b""])
def test_after_a_font_zoom(answer: bytes) -> None:
    with Terminal([sys.executable, "-c", APP], answers={QUESTION: answer}) as terminal:
        terminal.wait_for("Help")
        terminal.answers[QUESTION] = b"\x1b[6;30;15t" if answer else b""
        terminal.resize(120, 40, cell=(15, 30))
        terminal.wait_for("cell 15x30")


DIVIDED = """
import asyncio, signal

from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.terminal.paintings import use_blocks

def listen(app):
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, use_blocks, app, "octants")

MinicpmApp.on_ready = listen
MinicpmApp().run()
"""


def test_all_is_written_anew_when_cells_are_divided_otherwise() -> None:
    with Terminal([sys.executable, "-c", DIVIDED], columns=80, rows=24) as terminal:
        terminal.wait_for("Help")
        terminal.settle()
        before = len(terminal.everything)
        terminal.process.send_signal(signal.SIGUSR1)
        terminal.wait_until(lambda: b"Help" in terminal.everything[before:])
