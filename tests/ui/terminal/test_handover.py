"""The terminal goes to the shell or to an editor and comes back: in a pty, under a shell that has jobs."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.terminal import Terminal

PROGRAM = f"{sys.executable} -m minicpm_tui --url 127.0.0.1:9"
READY = r"F1"
PROMPT = "shell> "


@pytest.fixture
def shell() -> Iterator[Terminal]:
    """A shell that has jobs."""
    with Terminal(["bash", "--norc", "--noediting", "-i"], env={"PS1": PROMPT, "VISUAL": ""}) as terminal:
        terminal.wait_for(PROMPT)
        yield terminal


def run(shell: Terminal, **environ: str) -> psutil.Process:
    """The program, running in the foreground and ready."""
    settings = "".join(f"{name}='{value}' " for name, value in environ.items())
    shell.send(f"{settings}{PROGRAM}\n")
    shell.wait_for(READY)
    return next(child for child in shell.process.children() if "minicpm_tui" in child.cmdline())


def assert_sane(shell: Terminal) -> None:
    """The shell has the terminal as it was: what is typed is echoed, lines end, signals reach the foreground."""
    shell.send("stty -a; echo over-$((40+2))\n")
    shell.wait_for("over-42")
    settings = shell.text
    for mode in ("icanon", "echo", "isig", "icrnl", "ixon"):
        assert re.search(rf"(?<!-)\b{mode}\b", settings), mode
    assert not shell.modes & {1000, 1003, 1004, 1006, 1049, 2004}


def back(shell: Terminal, shown: str) -> None:
    """Bring the program back; wait until it has drawn itself anew."""
    shell.screen.reset()
    shell.send("fg\n")
    shell.wait_for(shown)


def quit_by_key(shell: Terminal, process: psutil.Process) -> None:
    shell.send("\x11")
    shell.wait_until(lambda: not process.is_running())
    assert_sane(shell)


def test_after_a_stop_that_nobody_saw_coming_it_ends(shell: Terminal) -> None:
    """At rest: where it is stopped between a question to the terminal and its answer, the shell is given the answer."""
    process = run(shell)
    shell.settle()
    process.send_signal(signal.SIGSTOP)
    shell.wait_for("Stopped")
    back(shell, READY)
    shell.send("typed")
    shell.wait_for("typed")
    shell.settle()
    threads = process.num_threads()
    process.send_signal(signal.SIGSTOP)
    shell.wait_for("Stopped")
    back(shell, "typed")
    assert process.num_threads() == threads
    quit_by_key(shell, process)


def test_without_a_shell_too() -> None:
    with Terminal([*PROGRAM.split()]) as terminal:
        terminal.wait_for(READY)
        terminal.process.suspend()
        terminal.process.resume()
        terminal.send("\x11")
        terminal.wait_until(lambda: terminal.process.status() == psutil.STATUS_ZOMBIE)
        assert not terminal.modes & {1000, 1003, 1004, 1006, 1049, 2004}
        assert not terminal.keyboard_modes


def test_a_key_suspends_it(shell: Terminal) -> None:
    process = run(shell)
    shell.send("kept\x1bz")
    shell.wait_for("Stopped")
    assert_sane(shell)
    back(shell, "kept")
    quit_by_key(shell, process)


def test_where_nobody_could_bring_it_back_it_stays() -> None:
    with Terminal([*PROGRAM.split()]) as terminal:
        terminal.wait_for(READY)
        terminal.send("\x1bz")
        terminal.wait_for("No shell is waiting")
        assert terminal.process.status() != psutil.STATUS_STOPPED


@pytest.mark.parametrize(
    ("editor", "said"),
    [
        ("false", "false ended with exit status 1"),
        ("no-such-editor --wait", "No such file"),
        ('vim "', "cannot be run"),
        ("/", "cannot be run"),
        ("{script} kill -9 $$", r"was killed \(SIGKILL\)"),
        ("{script} stty raw -echo; kill -9 $$", r"was killed \(SIGKILL\)"),
        ("{script} kill -INT 0; kill -9 $$", r"was killed \(SIGINT\)"),
        ('{script} rm "$1"', "cannot be read back"),
    ],
)
def test_an_editor_that_fails_is_said_and_the_text_is_kept(shell: Terminal, tmp_path: Path, editor: str, said: str) -> None:
    if editor.startswith("{script}"):
        script = tmp_path / "editor"
        script.write_text(f"#!/bin/sh\n{editor.removeprefix('{script}')}\n")
        script.chmod(0o700)
        editor = str(script)
    process = run(shell, EDITOR=editor)
    shell.send("precious")
    shell.wait_for("precious")
    shell.send("\x07")
    shell.wait_for(said)
    shell.send(" words")
    shell.wait_for("precious words")
    quit_by_key(shell, process)


def test_what_the_editor_wrote_is_taken(shell: Terminal, tmp_path: Path) -> None:
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nprintf "from the editor" > "$1"\n')
    script.chmod(0o700)
    process = run(shell, EDITOR=str(script))
    shell.send("\x07")
    shell.wait_for("from the editor")
    quit_by_key(shell, process)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_told_to_end_it_leaves_the_terminal_in_order(shell: Terminal, number: signal.Signals) -> None:
    process = run(shell)
    process.send_signal(number)
    shell.wait_until(lambda: not process.is_running())
    assert_sane(shell)


def test_screen_without_a_second_one_is_left_empty() -> None:
    with Terminal([*PROGRAM.split()], env={"TERM": "screen", "STY": "1.test"}) as terminal:
        terminal.wait_for(READY)
        terminal.send("\x11")
        terminal.wait_until(lambda: terminal.process.status() == psutil.STATUS_ZOMBIE)
        assert terminal.text.strip() == ""
