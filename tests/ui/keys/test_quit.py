"""The program ends without a word, whatever was done before."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from tests.terminal import Terminal
from tests.ui.keys.conftest import at_once


def ended(terminal: Terminal) -> bool:
    """The program is over and all that it said has come."""
    try:
        return terminal.process.status() == psutil.STATUS_ZOMBIE and terminal.pump() is None
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("sent", ["<^Q>", "abc<^Q>", "<F1><Esc><^Q>"])
def test_nothing_is_said_when_it_ends(tmp_path: Path, sent: str) -> None:
    with Terminal([sys.executable, "-m", "minicpm_tui", "--demo"], env={"MINICPM_TUI_HOME": str(tmp_path)}) as terminal:
        terminal.wait_for("ready.*demo")
        at_once(terminal, sent)
        terminal.wait_until(lambda: ended(terminal), 20)
        assert b"Traceback" not in bytes(terminal.everything)
        assert 1049 not in terminal.modes


def test_what_is_pasted_beside_the_composer_goes_into_the_message(tmp_path: Path) -> None:
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        terminal = Terminal([sys.executable, "-m", "minicpm_tui", "--demo"], env={"MINICPM_TUI_HOME": str(tmp_path / "home")})
    finally:
        os.chdir(before)
    with terminal:
        terminal.wait_for("ready.*demo")
        at_once(terminal, "hello<Enter>")
        terminal.wait_for("demo server sees")
        at_once(terminal, "<C-Up><paste pasted words>")
        terminal.wait_for("pasted words")
        at_once(terminal, " and typed§")
        terminal.wait_for("pasted words and typed§")
