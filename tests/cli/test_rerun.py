"""``rerun`` on a terminal and in a pipe."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from minicpm_tui.sessions import Journal
from tests.sessions.talk import answer, question
from tests.terminal import Terminal


def recorded(text: str) -> str:
    """A session with one turn."""
    with Journal.create() as journal:
        journal.append_message(question("u", "What is it?"))
        answer(journal, "a", "u", text)
    return journal.id


def test_a_terminal_shows_both_answers_as_a_conversation_does(home: Path) -> None:
    session = recorded("- a **red** cat\n- <box>1 2</box>")
    with serving(DemoOptions(tokens_per_second=0, reply="- a **blue** cat\n- <box>1 2</box>")) as server:
        command = (sys.executable, "-m", "minicpm_tui", "rerun", session, "--url", server.url)
        environ = {"MINICPM_TUI_HOME": str(home)}
        with Terminal(("/bin/sh", "-c", '"$@"; echo DONE; sleep 60', "sh", *command), env=environ) as terminal:
            terminal.wait_for("DONE")
            shown = [line.strip() for line in terminal.text.splitlines()]
            items = [line for line in shown if line.startswith("•")]
            assert items == ["• a red cat", "• <box>1 2</box>", "• a blue cat", "• <box>1 2</box>"]
            row = next(number for number, line in enumerate(shown) if "red" in line)
            words = {cell.data: cell for cell in terminal.screen.buffer[row].values()}
            assert words["d"].fg == "red"
            assert words["c"].fg == "default"


def test_a_pipe_gets_the_differences_as_text(home: Path) -> None:
    session = recorded("a **red** cat")
    with serving(DemoOptions(tokens_per_second=0, reply="a **blue** cat")) as server:
        command = (sys.executable, "-m", "minicpm_tui", "rerun", session, "--url", server.url)
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "a **[-red-]{+blue+}** cat" in done.stdout
