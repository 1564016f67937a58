"""The program with its stand-in server, in a terminal."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal import Terminal, keys

Way = Callable[[Terminal, str], None]
"""How keys reach the program."""


def at_once(terminal: Terminal, written: str) -> None:
    """All in one read."""
    terminal.send("".join(keys(written)))


def late(terminal: Terminal, written: str) -> None:
    """Over a line of 300 ms that cuts anywhere."""
    terminal.send_slowly("".join(keys(written)), dice=random.Random(written))


def one_by_one(terminal: Terminal, written: str) -> None:
    """As slowly as the screen follows."""
    for key in keys(written):
        terminal.send(key)
        while terminal.pump(0.04) is not None:
            pass


WAYS = {"at once": at_once, "late": late, "one by one": one_by_one}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three pictures, in which the program runs."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("pictures")
    for name in ("apple", "berry", "cherry"):
        Image.new("RGB", (64, 48), "red").save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Iterator[Terminal]:
    """The program, connected; tests leave it as they found it."""
    home = tmp_path_factory.mktemp("home")
    before = Path.cwd()
    os.chdir(pictures)
    try:
        terminal = Terminal([sys.executable, "-m", "minicpm_tui", "--demo"], env={"MINICPM_TUI_HOME": str(home)})
    finally:
        os.chdir(before)
    with terminal:
        terminal.wait_for("ready.*demo")
        terminal.wait_for(r"cherry\.png")
        terminal.settle()
        yield terminal
