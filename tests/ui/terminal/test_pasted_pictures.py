"""The program in a terminal that hands over its clipboard: a picture lands on the message, and the terminal is left in order."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.clipboard_terminal import ClipboardTerminal
from tests.drop_terminal import DropTerminal, Link
from tests.terminal import Terminal

PROMPT = "shell> "


@pytest.fixture
def picture() -> bytes:
    """Large enough for many packets and many reads."""
    target = io.BytesIO()
    Image.effect_noise((200, 150), 80).save(target, "PNG")
    return target.getvalue()


@pytest.fixture
def clipboard(picture: bytes) -> ClipboardTerminal:
    return ClipboardTerminal({"text/html": b"<img>", "image/png": picture})


@pytest.fixture
def drops(picture: bytes) -> DropTerminal:
    return DropTerminal({"shot.png": picture[::-1], "link": Link("/etc/passwd"), "folder": {"x/../../x.png": picture}})


@pytest.fixture
def shell(clipboard: ClipboardTerminal, drops: DropTerminal) -> Iterator[Terminal]:
    """A shell in that terminal."""
    argv = ["bash", "--norc", "--noediting", "-i"]
    with Terminal(argv, env={"PS1": PROMPT}, speak=lambda written: clipboard.answer(written) + drops.answer(written)) as terminal:
        terminal.wait_for(PROMPT)
        yield terminal


def test_from_paste_to_the_shell_and_back(
    shell: Terminal, clipboard: ClipboardTerminal, drops: DropTerminal, picture: bytes, home: Path
) -> None:
    shell.send(f"{sys.executable} -m minicpm_tui --demo\n")
    shell.wait_until(lambda: clipboard.mode)
    shell.send_slowly(f"one {clipboard.paste()}two")
    shell.wait_for(r"▣ pasted-\d+\.png")
    shell.wait_for("one two")
    (received,) = home.rglob("received/*/*")
    assert received.read_bytes() == picture
    clipboard.clipboard = {"text/plain": "wörter ".encode()}
    shell.send(f" three {clipboard.paste()}four")
    shell.wait_for("one two three wörter four")
    shell.wait_for(r"pasted-\d+\.png .* token")
    shell.send("\x1b[Zv")
    shell.wait_for("Esc closes")
    shell.send("C")
    shell.wait_for("Copied the picture to the clipboard")
    assert clipboard.copied == {"image/png": picture}
    shell.send("\x1b[27u")
    shell.wait_for("one two three")
    shell.send("\x1bz")
    shell.wait_for("Stopped")
    assert not clipboard.mode
    assert not drops.on
    shell.screen.reset()
    shell.send("fg\n")
    shell.wait_for("one two three")
    shell.wait_until(lambda: clipboard.mode and drops.on)
    shell.send(drops.hover())
    shell.wait_for("Let go: it is attached")
    shell.send_slowly(drops.drop())
    shell.wait_for("1 symbolic link left out")
    shell.wait_until(lambda: drops.finished == ["1"])
    shell.wait_until(lambda: [each.read_bytes() for each in home.rglob("received/*/dropped*")] == [picture])
    assert list(home.rglob("*x.png*")) == []
    shell.send("\x11")
    shell.wait_for(PROMPT)
    shell.wait_until(lambda: not shell.process.children())
    assert not clipboard.mode
    assert not drops.on
    assert clipboard.questions == []


def test_a_terminal_that_knows_nothing_of_it_says_what_works_instead() -> None:
    with Terminal([sys.executable, "-m", "minicpm_tui", "--url", "127.0.0.1:9"]) as terminal:
        terminal.wait_for("F1")
        terminal.wait_until(lambda: b"\x1b[?5522$p" in terminal.everything)
        terminal.send("\x1b[200~pasted\x1b[201~\x1bv")
        terminal.wait_for("hands over no pictures")
        terminal.wait_for("pasted")
        assert b"\x1b]5522" not in terminal.everything
        assert 5522 not in terminal.modes
