"""``doctor`` says in one line what the terminal can do."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from minicpm_tui.ui.terminal import report
from minicpm_tui.ui.terminal.report import TerminalReport
from tests.clipboard_terminal import ClipboardTerminal
from tests.drop_terminal import DropTerminal
from tests.terminal import Terminal

ASK = "import json; from minicpm_tui.ui.terminal.report import report; r = report(); print(json.dumps(r.to_dict()) + '!')"


def told(speak: Callable[[str], str] = lambda _written: "", **environ: str) -> dict[str, object]:
    """What is reported of a terminal."""
    with Terminal([sys.executable, "-c", ASK], env=environ, speak=speak, columns=300) as terminal:
        terminal.wait_for("}!")
        line = next(line for line in terminal.text.splitlines() if "}!" in line)
    found = json.loads(line[line.index("{") : line.index("!")])
    assert isinstance(found, dict)
    return found


def test_one_that_tells_of_pastes_and_drops() -> None:
    clipboard, drops = ClipboardTerminal({}), DropTerminal()
    found = told(lambda written: clipboard.answer(written) + drops.answer(written))
    assert isinstance(found.pop("round_trip"), float)
    assert (found.pop("paste"), found.pop("drops"), found.pop("files")) == ("paste", True, False)
    assert found == {"pictures": "blocks", "colours": "truecolor", "multiplexer": None, "passthrough": None}


def test_tmux_is_asked_itself(tmp_path: Path) -> None:
    tmux = tmp_path / "tmux"
    tmux.write_text("#!/bin/sh\necho '3.3a|1'\n")
    tmux.chmod(stat.S_IRWXU)
    speak = ClipboardTerminal({}).answer
    found = told(speak, TMUX="/tmp/tmux-0/default,1,0", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert (found["paste"], found["multiplexer"], found["passthrough"]) == ("multiplexer", "tmux 3.3a", True)
    assert found["drops"] is False


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            TerminalReport("kitty", "paste", 0.041, "truecolor", drops=True),
            "pictures: kitty; paste of pictures: yes; drop: yes; round trip: 41 ms; 16 M colours",
        ),
        (
            TerminalReport("blocks", "multiplexer", None, None, "tmux 3.3a"),
            (
                "pictures: blocks; paste of pictures: no; drop: no; round trip: no answer; no colours; "
                "inside tmux 3.3a: passthrough off"
            ),
        ),
        (
            TerminalReport("iterm2", "none", 0.041, "truecolor", drops=True, files=True),
            "pictures: iterm2; paste of pictures: no; drop: yes; files: both ways (iTerm2); round trip: 41 ms; 16 M colours",
        ),
        (
            TerminalReport("off", "ask", 1.0, "256", "screen"),
            "pictures: off; paste of pictures: when asked (Alt+V); drop: no; round trip: 1000 ms; 256 colours; inside screen",
        ),
    ],
)
def test_in_words(found: TerminalReport, words: str) -> None:
    assert found.line() == words


def test_without_a_terminal_there_is_nothing_to_say() -> None:
    assert report.report({}) is None
