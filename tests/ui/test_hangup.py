"""A program whose terminal is gone ends, also when nobody tells it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys

from minicpm_tui.ui.terminal.hangup import terminal_gone


def test_a_lost_terminal_ends_the_program() -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "minicpm_tui", "--url", "127.0.0.1:9"]
    with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, start_new_session=True) as process:
        os.close(follower)
        shown = b""
        while b"F1" not in shown:
            shown += os.read(leader, 4096)
        assert process.poll() is None
        os.close(leader)
        assert process.wait(timeout=60) == 128 + signal.SIGHUP


def test_a_terminal_that_is_there() -> None:
    leader, follower = pty.openpty()
    assert not terminal_gone(follower)
    os.close(leader)
    assert terminal_gone(follower)
    os.close(follower)
