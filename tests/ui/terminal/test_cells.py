"""The size of a cell is measured again when the font may have changed."""

from __future__ import annotations

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
