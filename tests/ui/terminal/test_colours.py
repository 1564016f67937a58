"""The colours fit the terminal: its background is asked for, and NO_COLOR is heeded."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal

PROGRAM = [sys.executable, "-m", "minicpm_tui", "--url", "127.0.0.1:9"]
SIXTEEN = {"TERM": "xterm", "COLORTERM": ""}
QUESTION = b"\x1b]11;?\x1b\\"
WHITE = b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\"
BLACK = b"\x1b]11;rgb:0000/0000/0000\x1b\\"


def hint_colour(terminal: Terminal) -> str:
    """The colour in which the bottom line shows keys."""
    row = next(number for number, line in enumerate(terminal.screen.display) if "F1 Help" in line)
    return str(terminal.screen.buffer[row][terminal.screen.display[row].index("F1")].fg)


@pytest.mark.parametrize(("answer", "colour"), [(WHITE, "blue"), (BLACK, "brown"), (b"", "brown")])
def test_sixteen_colours_fit_the_background(answer: bytes, colour: str) -> None:
    with Terminal(PROGRAM, env=SIXTEEN, answers={QUESTION: answer}) as terminal:
        terminal.wait_for("F1 Help")
        assert hint_colour(terminal) == colour


def test_an_answer_that_comes_late_is_not_typed_and_still_counts() -> None:
    with Terminal(PROGRAM, env=SIXTEEN) as terminal:
        terminal.wait_for("F1 Help")
        assert hint_colour(terminal) == "brown"
        for piece in ("one", WHITE.decode()[:7], WHITE.decode()[7:], "two\x1b_Gi=31;OK\x1b\\three"):
            terminal.send(piece)
        terminal.wait_for("onetwothree")
        terminal.wait_until(lambda: hint_colour(terminal) == "blue")


def test_a_theme_that_was_chosen_stays(home: Path) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text('theme = "minicpm-16"\n')
    with Terminal(PROGRAM, env=SIXTEEN, answers={QUESTION: WHITE}) as terminal:
        terminal.wait_for("F1 Help")
        assert hint_colour(terminal) == "brown"
