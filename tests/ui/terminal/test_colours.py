"""The colours fit the terminal: its background is asked for, and NO_COLOR is heeded."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path

import psutil
import pytest
from PIL import Image

from tests.terminal import Terminal

PROGRAM = [sys.executable, "-m", "minicpm_tui", "--url", "127.0.0.1:9"]
SIXTEEN = {"TERM": "xterm", "COLORTERM": ""}
QUESTION = b"\x1b]11;?\x1b\\"
WHITE = b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\"
BLACK = b"\x1b]11;rgb:0000/0000/0000\x1b\\"


def hint_colour(terminal: Terminal) -> str:
    """The colour in which the bottom line shows keys."""
    row = next(number for number, line in enumerate(terminal.screen.display) if "Help" in line)
    return str(terminal.screen.buffer[row][terminal.screen.display[row].index("F1")].fg)


@pytest.mark.parametrize(("answer", "colour"), [(WHITE, "blue"), (BLACK, "brown"), (b"", "brown")])
def test_sixteen_colours_fit_the_background(answer: bytes, colour: str) -> None:
    with Terminal(PROGRAM, env=SIXTEEN, answers={QUESTION: answer}) as terminal:
        terminal.wait_for("Help")
        assert hint_colour(terminal) == colour


def test_an_answer_that_comes_late_is_not_typed_and_still_counts() -> None:
    with Terminal(PROGRAM, env=SIXTEEN) as terminal:
        terminal.wait_for("Help")
        assert hint_colour(terminal) == "brown"
        for piece in ("one", WHITE.decode()[:7], WHITE.decode()[7:], "two\x1b_Gi=31;OK\x1b\\three"):
            terminal.send(piece)
        terminal.wait_for("onetwothree")
        terminal.wait_until(lambda: hint_colour(terminal) == "blue")


def test_a_theme_that_was_chosen_stays(home: Path) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text('theme = "minicpm-16"\n')
    with Terminal(PROGRAM, env=SIXTEEN, answers={QUESTION: WHITE}) as terminal:
        terminal.wait_for("Help")
        assert hint_colour(terminal) == "brown"


def colour_codes(sent: bytes) -> set[bytes]:
    """The parameters that set a colour, the default one too, of all SGR sequences in ``sent``."""
    codes = {code for sequence in re.findall(rb"\x1b\[([0-9;:]*)m", sent) for code in re.split(rb"[;:]", sequence)}
    return {code for code in codes if re.fullmatch(rb"(?:3|4|9|10)\d", code)}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (64, 48), "red").save(path)
    return path


def is_gone(terminal: Terminal, words: str) -> bool:
    return words not in terminal.text


def test_no_color_in_the_program(picture: Path) -> None:
    with Terminal([*PROGRAM[:3], "--demo"], env={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for("ready")
        terminal.send(f"\x1b[200~{picture}\x1b[201~what is it\r")
        terminal.wait_for("first token")
        for keys, shown in (("\x1bOP", "Keys and commands"), ("\x1b[15~", "Temperature")):
            terminal.send(keys)
            terminal.wait_for(shown)
            terminal.send("\x1b")
            terminal.wait_until(partial(is_gone, terminal, shown))
        terminal.send("\x10")
        terminal.wait_for("Find a command")
        terminal.send("\x1b[B")
        terminal.wait_until(lambda: b"\x1b[7m" in terminal.everything)  # the row under the cursor can be seen
        assert colour_codes(bytes(terminal.everything)) == set()


@pytest.mark.parametrize(
    "command", [["ask", "--demo", "hello"], ["doctor"], ["sessions", "list"], ["--help"], ["ask", "--url", "127.0.0.1:9", "x"]]
)
def test_no_color_in_the_shell(command: list[str]) -> None:
    with Terminal([*PROGRAM[:3], *command], env={"NO_COLOR": "1"}) as terminal:
        terminal.wait_until(lambda: terminal.process.status() == psutil.STATUS_ZOMBIE)
        assert terminal.everything
        assert colour_codes(bytes(terminal.everything)) == set()
