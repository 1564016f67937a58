"""The whole program in a terminal: it shows what Textual's own output shows, for less; no answer of the terminal is typed."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from minicpm_tui.ui.terminal.output.frames import QUESTION
from tests.terminal import Terminal, keys

STEPS = (
    "hello",
    "<Home>",
    "say ",
    "<F1>",
    "<PgDn>",
    "<Esc>",
    "<F2>",
    "<Esc>",
    "<^P>",
    "theme",
    "<Esc>",
    "<End>",
    "<Enter>",
    "<F5>",
    "<Esc>",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def program(folder: Path, output: str, kind: type[Terminal] = Terminal, answers: Mapping[bytes, bytes] | None = None) -> Terminal:
    environ = {"MINICPM_TUI_HOME": str(folder / output), "MINICPM_TUI_OUTPUT": output, "COLORTERM": ""}
    argv = [sys.executable, "-m", "minicpm_tui", "--url", "127.0.0.1:9"]
    return kind(argv, columns=80, rows=24, env=environ, answers=answers)


def shown(folder: Path, output: str) -> tuple[list[str], int]:
    """The screens after each step, and all bytes that they took."""
    found = []
    with program(folder, output) as terminal:
        terminal.wait_for("F1")
        terminal.settle()
        for step in STEPS:
            terminal.send("".join(keys(step)))
            terminal.settle()
            found.append(terminal.text)
        return found, terminal.written


def test_the_same_is_shown_for_less(folder: Path) -> None:
    theirs, more = shown(folder, "textual")
    ours, less = shown(folder, "least")
    for step, (one, other) in zip(STEPS, zip(theirs, ours, strict=True), strict=True):
        assert one == other, step
    assert less < more / 4


class Choppy(Terminal):
    """Answers byte by byte."""

    def _answer(self, answer: bytes) -> None:
        due = time.monotonic()
        for at in range(len(answer)):
            self._on_the_line.append((due + 0.02 * at, answer[at : at + 1]))


def test_answers_are_never_typed_wherever_they_are_cut(folder: Path) -> None:
    with program(folder, "least", kind=Choppy) as terminal:
        terminal.wait_for("F1")
        terminal.settle()
        for key in ("<F1>", "<PgDn>", "<Esc>", "abcd"):
            terminal.send("".join(keys(key)))
            terminal.settle()
        assert terminal.everything.count(QUESTION.encode()) > 3
        assert "█ abcd " in terminal.text


def test_a_terminal_that_does_not_answer_is_drawn_all_the_same(folder: Path) -> None:
    with program(folder, "least", answers={QUESTION.encode(): b""}) as terminal:
        terminal.wait_for("F1")
        terminal.send("".join(keys("<F1>")))
        terminal.wait_for("Keys")
        assert terminal.everything.count(QUESTION.encode()) == 1


def test_after_a_stop_from_outside_all_is_drawn_again(folder: Path) -> None:
    with program(folder, "least") as terminal:
        terminal.wait_for("F1")
        terminal.settle()
        before = terminal.text
        terminal.process.suspend()
        terminal.screen.reset()
        terminal.process.resume()
        terminal.wait_until(lambda: terminal.text == before)
