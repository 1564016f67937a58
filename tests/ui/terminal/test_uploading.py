"""What iTerm2 uploads is read as an archive and never as keys; what is typed beside it stays typed."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicpm_tui.ui.terminal.graphics.query import is_iterm2
from minicpm_tui.ui.terminal.pasting import upload
from minicpm_tui.ui.terminal.pasting.arrivals import Arriving, Received
from tests.terminal import Terminal
from tests.ui.chat.conftest import picture
from tests.ui.terminal.lines import LIMIT, Line
from tests.upload_terminal import UploadTerminal, packed

__all__ = ["picture"]
ARCHIVE = random.Random(0).randbytes(1000)


def asking(terminal: UploadTerminal, cut: Callable[[str], list[str]] = lambda text: [text]) -> Line[UploadTerminal]:
    """A line whose terminal was asked, and has not answered."""
    line = Line(terminal, cut)
    line.answers = lambda _written: ""
    line.input.wish_files()
    line.quiet()
    return line


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("width", [76, 75, 10_000])
def test_an_archive_arrives_whole(end: str, width: int) -> None:
    line = Line(UploadTerminal(ARCHIVE, end, width))
    line.input.wish_files()
    line.quiet()
    assert [type(message) for message in line.said] == [Arriving, Received]
    assert (line.received, line.typed, line.terminal.asked) == ([ARCHIVE], "", 1)
    line.send("ok\nAAAA\n\n")
    assert line.typed == "ok\nAAAA\n\n"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1), st.sampled_from(["\n", "\r\n"]))
def test_wherever_the_line_cuts(sizes: list[int], end: str) -> None:
    def cut(text: str) -> list[str]:
        places = [0]
        while places[-1] < len(text):
            places.append(places[-1] + sizes[len(places) % len(sizes)])
        return [text[start:stop] for start, stop in pairwise(places)]

    line = asking(UploadTerminal(ARCHIVE[:100], end), cut)
    sent = line.terminal.upload()
    line.send(f"a boo\x1b[A{sent[:40]}\x1b[27u\x1b[<35;10;20M{sent[40:]}é\x1b[B")
    assert line.received == [ARCHIVE[:100]]
    assert line.typed == "a boo\x1b[A\x1b[27u\x1b[<35;10;20Mé\x1b[B"


def test_what_is_typed_while_the_dialog_is_open_is_typed(clock: list[float]) -> None:
    line = asking(UploadTerminal(ARCHIVE))
    line.send("look ok\rabout o")
    assert line.typed == "look ok\rabout "
    clock[0] += upload.STATUS_SECONDS + 0.1
    line.quiet()
    assert line.typed == "look ok\rabout o"
    line.send(line.terminal.upload())
    assert line.received == [ARCHIVE]


def test_nothing_chosen_is_said() -> None:
    line = Line(UploadTerminal(None))
    line.input.wish_files()
    line.quiet()
    line.send("typed")
    assert "no file was chosen" in line.problems[0]
    assert line.typed == "typed"


def test_the_user_stops_it_and_what_still_comes_is_not_typed(clock: list[float]) -> None:
    line = asking(UploadTerminal(ARCHIVE))
    sent = line.terminal.upload()
    line.send(sent[:200])
    (arriving,) = line.said
    assert isinstance(arriving, Arriving)
    arriving.transfer.stop()
    line.quiet()
    assert "stopped" in line.problems[0]
    line.send(sent[200:] + "typed")
    assert (line.received, line.typed) == ([], "typed")


def test_a_terminal_that_stops_is_given_up_and_gives_the_keys_back(clock: list[float]) -> None:
    line = asking(UploadTerminal(ARCHIVE))
    line.send(line.terminal.upload()[:200])
    clock[0] += 9
    line.quiet()
    assert line.problems == []
    clock[0] += 2
    line.quiet()
    assert "nothing for 10 s" in line.problems[0]
    line.send("early ")
    assert line.typed == "early "
    clock[0] += 11
    line.quiet()
    line.send("and late\n")
    assert line.typed == "early and late\n"


@pytest.mark.parametrize(("archive", "words"), [(bytes(LIMIT + 1), "too large"), (b"x", "no base64")])
def test_what_is_too_large_or_no_base64_is_said_and_not_typed(archive: bytes, words: str) -> None:
    line = asking(UploadTerminal(archive))
    sent = line.terminal.upload()
    line.send(sent if words == "too large" else "ok\nAAAA\nB\n\n")
    line.send("typed")
    assert words in line.problems[0]
    assert (line.received, line.typed) == ([], "typed")


@pytest.mark.parametrize(
    ("answers", "environ", "known"),
    [
        (b"", {"LC_TERMINAL": "iTerm2"}, True),
        (b"", {"TERM_PROGRAM": "iTerm.app"}, True),
        (b"\x1bP>|iTerm2 3.5.0\x1b\\", {}, True),
        (b"\x1bP>|WezTerm 2024\x1b\\", {"TERM_PROGRAM": "WezTerm"}, False),
        (b"", {"LC_TERMINAL": "iTerm2", "TMUX": "/tmp/tmux-0/default,1,0"}, False),
        (b"", {"LC_TERMINAL": "iTerm2", "STY": "1.pts"}, False),
        (b"", {}, False),
    ],
)
def test_iterm2_is_known_by_its_name(answers: bytes, environ: dict[str, str], known: bool) -> None:
    assert is_iterm2(answers, environ) is known


def test_from_the_command_to_the_message_and_back(picture: Path, home: Path) -> None:
    data = picture.read_bytes()
    iterm2 = UploadTerminal(packed({"chosen/../../../shot.png": data, "chosen/notes.txt": b"no picture"}))
    argv = [sys.executable, "-m", "minicpm_tui", "--demo"]
    with Terminal(argv, env={"LC_TERMINAL": "iTerm2"}, speak=iterm2.answer) as terminal:
        terminal.wait_for("F1")
        terminal.send_slowly("before \x10")
        terminal.wait_for("Find a command")
        terminal.send_slowly("Upload from")
        terminal.wait_for("Choose files there")
        terminal.send_slowly("\r")
        terminal.wait_for(r"▣ shot\.png")
        terminal.wait_for("1 file is none that can be sent")
        assert [each.read_bytes() for each in home.rglob("shot*.png")] == [data]
        terminal.wait_for(r"shot\.png .* token")
        terminal.wait_for("before")
        terminal.send("\x1b[Zv")
        terminal.wait_for("Esc closes")
        terminal.send("S")
        terminal.wait_until(lambda: iterm2.saved == {"shot.png": data})
