"""Questions and forms take keys that arrive in one read as they take keys typed slowly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicpm_tui.config import config_path
from tests.terminal import Terminal, keys

ASKING = """
from textual.app import App
from minicpm_tui.ui.kit.dialogs import Ask

class Asking(App[str]):
    def on_mount(self):
        self.push_screen(Ask("Go on?", (("keep", "Keep it"), ("stop", "Stop it"), ("cancel", "Cancel"))), self.exit)

print("answered", Asking().run())
"""


@pytest.mark.parametrize(
    ("burst", "given"),
    [
        ("<Enter>", "keep"),
        ("<Right><Enter>", "stop"),
        ("<Tab><Down><Enter>", "cancel"),
        ("<Right><Right><Left><Enter>", "stop"),
        ("<Right><Enter><Enter>", "stop"),
        ("<Right>c", "cancel"),
        ("s<Left><Enter>", "stop"),
    ],
)
def test_a_question_is_answered_in_one_go(burst: str, given: str) -> None:
    with Terminal([sys.executable, "-c", ASKING]) as terminal:
        terminal.wait_for("Cancel")
        terminal.settle()
        terminal.send("".join(keys(burst)))
        terminal.wait_for(f"answered {given}")


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """The program in a folder that holds only the folder ``inside``. There is no server."""
    (tmp_path / "here" / "inside" / "deeper").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    with Terminal([sys.executable, "-m", "minicpm_tui", "--url", "127.0.0.1:9"]) as running:
        running.wait_for("F1")
        running.wait_for("inside/")
        running.settle()
        yield running


def test_what_is_asked_of_the_model_is_set_in_one_go(terminal: Terminal) -> None:
    terminal.send("".join(keys("<F5>")))
    terminal.wait_for("Apply")
    terminal.settle()
    terminal.send("".join(keys("Be brief.<Tab>0.5<Down>0.9<Enter>")))
    terminal.wait_until(lambda: "Apply" not in terminal.text)
    terminal.send("".join(keys("<F5>")))
    for value in (r"Be brief\.", r"Temperature +0\.5 ", r"Top p +0\.9 "):
        terminal.wait_for(value)


def test_a_path_is_completed_and_gone_to_in_one_go(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "here" / "inside" / "deeper" / "found.png").touch()
    terminal.send("".join(keys("<F2>")))
    terminal.wait_for("Mark")
    terminal.settle()
    terminal.send("".join(keys(f"{tmp_path}/here/in<Tab>de<Tab><Enter>")))
    terminal.wait_for(r"found\.png")


def test_a_theme_is_chosen_in_one_go(terminal: Terminal) -> None:
    terminal.send("".join(keys("<^P>theme")))
    terminal.wait_for("Choose the colours")
    terminal.settle()
    terminal.send("".join(keys("<Enter>")))
    terminal.wait_for("minicpm-contrast")
    terminal.settle()
    terminal.send("".join(keys("light<Down><Up><Down><Enter>")))
    terminal.wait_until(lambda: config_path().is_file() and 'theme = "minicpm-light"' in config_path().read_text())
