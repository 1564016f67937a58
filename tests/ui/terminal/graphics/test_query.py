"""What the terminal says about itself decides how pictures are drawn."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import sys
import termios
import threading
from collections.abc import Iterator

import pytest

from minicpm_tui.ui.terminal.graphics.query import Query, Terminal, understand

XTERM_WITH_SIXEL = b"\x1b[6;24;12t\x1b[?64;1;2;4;6;9;15;22c"


@pytest.mark.parametrize(
    ("answers", "environ", "terminal"),
    [
        (b"\x1b_Gi=31;OK\x1b\\\x1b[6;20;9t\x1b[?62;c", {}, Terminal("kitty", 9, 20, tells_cell=True)),
        (b"\x1b_Gi=31;ENOENT:no\x1b\\\x1b[?62;c", {}, Terminal("blocks")),
        (XTERM_WITH_SIXEL, {}, Terminal("sixel", 12, 24, tells_cell=True)),
        (b"\x1b[?64;14;24c", {}, Terminal("blocks")),
        (b"\x1b[?64;1;2c", {"LC_TERMINAL": "iTerm2"}, Terminal("iterm2", iterm2=True)),
        (b"\x1b[?64;1;2c", {"LC_TERMINAL": "iTerm2", "TMUX": "/tmp/x"}, Terminal("blocks")),
        (b"", {}, Terminal("blocks")),
        (b"\x1b[6;0;0t\x1b[?1;4c", {}, Terminal("sixel", tells_cell=True)),
    ],
)
def test_understanding(answers: bytes, environ: dict[str, str], terminal: Terminal) -> None:
    assert understand(answers, environ) == terminal


@pytest.mark.parametrize("wanted", ["kitty", "sixel", "iterm2", "blocks", "off"])
def test_a_choice_is_not_asked_about(wanted: str) -> None:
    assert Query(wanted).answer().graphics == wanted


@contextlib.contextmanager
def terminal(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """A pseudo terminal as standard input and output, which answers; what it was asked is in the list afterwards."""
    leader, follower = pty.openpty()
    asked: list[bytes] = []

    def reply() -> None:
        question = b""
        while not question.endswith(b"\x1b[c"):
            question += os.read(leader, 1000)
        asked.append(question)
        os.write(leader, answer)

    thread = threading.Thread(target=reply)
    with os.fdopen(follower, "r") as stdin, os.fdopen(os.dup(follower), "w") as stdout:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stdout", stdout)
        thread.start()
        yield asked
        thread.join()
        monkeypatch.undo()
    os.close(leader)


def test_asking_a_terminal_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(XTERM_WITH_SIXEL, monkeypatch) as asked:
        assert Query("auto", {"TERM": "xterm-256color"}).answer() == Terminal(
            "sixel", 12, 24, tells_cell=True, blocks="quadrants", colours=256
        )
    assert b"\x1b_G" not in asked[0], "a terminal that does not know kitty's question might print it"


def test_a_silent_terminal_gets_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(b"", monkeypatch) as asked:
        assert Query("auto", {"TERM": "xterm-kitty"}).answer() == Terminal(
            "blocks", takes_copies=True, blocks="sextants", colours=256
        )
    assert re.search(rb"\x1b_Gi=31,[^;]*U=1", asked[0]), "a kitty without placeholders must not say that it can"


@pytest.mark.parametrize(
    ("answer", "environ", "light"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\", {}, True),
        (b"\x1b]11;rgb:fa/f6/ef\x07", {}, True),
        (b"\x1b]11;rgba:0000/0000/0000/ffff\x07", {"COLORFGBG": "0;15"}, False),
        (b"", {"COLORFGBG": "0;15"}, True),
        (b"", {"COLORFGBG": "15;default;0"}, False),
        (b"", {"COLORFGBG": "default;default"}, None),
        (b"", {}, None),
    ],
)
def test_a_light_terminal_is_told_from_a_dark_one(
    answer: bytes, environ: dict[str, str], light: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with terminal(answer + XTERM_WITH_SIXEL, monkeypatch) as asked:
        told = Query("blocks", {"TERM": "xterm", **environ}, background=True).answer()
    assert (told.light, told.graphics) == (light, "blocks")
    assert b"\x1b]11;?" in asked[0]


def test_the_background_is_not_asked_for_where_the_question_would_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(XTERM_WITH_SIXEL, monkeypatch) as asked:
        Query("auto", {"TERM": "linux"}, background=True).answer()
    assert b"\x1b]" not in asked[0]


def test_inside_tmux_the_question_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(b"", monkeypatch) as asked:
        Query("auto", {"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1", "TMUX": "/tmp/tmux"}).answer()
    assert b"\x1bPtmux;\x1b\x1b_Gi=31" in asked[0]


def test_the_terminal_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(XTERM_WITH_SIXEL, monkeypatch):
        before = termios.tcgetattr(sys.stdin)
        query = Query("auto", {})
        assert termios.tcgetattr(sys.stdin) != before
        query.answer()
        assert termios.tcgetattr(sys.stdin) == before


def test_a_stop_key_before_the_question_does_not_hold_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    leader, follower = pty.openpty()
    os.write(leader, b"\x13")
    os.set_blocking(follower, False)
    with contextlib.suppress(BlockingIOError):
        while True:  # until the key has done its work
            os.write(follower, b".")
    os.set_blocking(follower, True)
    with os.fdopen(follower, "r") as stdin, os.fdopen(os.dup(follower), "w") as stdout:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stdout", stdout)
        before = termios.tcgetattr(follower)
        asking = threading.Thread(target=lambda: Query("auto", {}).answer())
        asking.start()
        asking.join(20)
        held_up = asking.is_alive()
        os.write(leader, b"\x11")
        asking.join()
        assert not held_up
        assert termios.tcgetattr(follower) == before
    os.close(leader)


def test_the_terminal_is_left_as_it_was_by_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(io.StringIO):
        def isatty(self) -> bool:
            return True

        def flush(self) -> None:
            raise KeyboardInterrupt

    with terminal(XTERM_WITH_SIXEL, monkeypatch):
        before = termios.tcgetattr(sys.stdin)
        Query("auto", {}).answer()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", Interrupted())
            with pytest.raises(KeyboardInterrupt):
                Query("auto", {})
        assert termios.tcgetattr(sys.stdin) == before
