"""What the program sends over a slow line, beside another build in the same run.

``python -m tests.benchmarks.line [--other PYTHON]``: ``PYTHON`` is the interpreter of an environment in which the other build is
installed. 256 colours, 64 kbit/s, 300 ms there and back; the table shows bytes and seconds, and ours as a part of the other's.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

from tests.benchmarks.server import Server, serving
from tests.benchmarks.slow_terminal import SlowTerminal
from tests.terminal import Terminal, keys

_ENVIRONMENT = {"SSH_CONNECTION": "10.0.0.2 50000 10.0.0.1 22", "COLORTERM": "", "TERM": "xterm-256color", "PYTHONPATH": ""}
_SCREENS = ("<F1>", "<PgDn>", "<Esc>", "<F2>", "<Esc>", "<^S>", "<Esc>", "<^P>", "<Esc>")
_TAGS = count(1)


def _argv(python: str, url: str) -> list[str]:
    return [python, "-P", "-m", "minicpm_tui", "--url", url]  # -P: not what lies in this folder


def screens(python: str, url: str) -> Iterator[tuple[str, float]]:
    """Bytes of the start, of screens that open and close, of a key and of half a minute's rest, at 80×24."""
    with (
        tempfile.TemporaryDirectory() as home,
        Terminal(_argv(python, url), columns=80, rows=24, env={**_ENVIRONMENT, "MINICPM_TUI_HOME": home}) as terminal,
    ):
        terminal.wait_for("bench-model")
        terminal.settle()
        yield "start, 80×24, bytes", terminal.written
        for key in "abc":
            terminal.send(key)
            terminal.settle()
        before = terminal.written
        for key in "defgh":
            terminal.send(key)
            terminal.settle()
        yield "a key in the composer, bytes", (terminal.written - before) / 5
        terminal.send("\x15")
        for key in _SCREENS:
            before = terminal.written
            terminal.send("".join(keys(key)))
            terminal.settle()
            yield f"{key}, bytes", terminal.written - before
        before = terminal.written
        _rest_until(terminal, time.monotonic() + 30)
        yield "30 s of rest, bytes", terminal.written - before


def _rest_until(terminal: Terminal, at: float) -> None:
    """Take what comes until ``at`` (``time.monotonic``)."""
    while time.monotonic() < at:
        terminal.pump()


def _at_the_caret(terminal: Terminal, letter: str) -> bool:
    return letter in terminal.screen.display[terminal.caret[1]]


def stream(python: str, server: Server, columns: int, rows: int, *, files: bool) -> Iterator[tuple[str, float]]:
    """2,000 tokens at 200 a second: bytes, how late the reply is complete, how late two keys show."""
    size = f"{columns}×{rows}{', file pane' if files else ''}"
    with tempfile.TemporaryDirectory() as home:
        slow = SlowTerminal(
            _argv(python, server.url),
            bits_per_second=64_000,
            delay=0.15,
            columns=columns,
            rows=rows,
            env={**_ENVIRONMENT, "MINICPM_TUI_HOME": home},
        )
        with slow as terminal:
            terminal.wait_for("bench-model")
            terminal.settle()
            tag = f"t{next(_TAGS)}"
            terminal.send(f"n=2000 r=200 t={tag}")
            terminal.wait_for(f"t={tag}")
            terminal.settle()
            before = terminal.written
            terminal.send("\r")
            asked = time.monotonic()
            waits = []
            for letter, after in (("Q", 3.0), ("J", 6.0)):
                _rest_until(terminal, asked + after)
                typed = time.monotonic()
                terminal.send(letter)
                terminal.wait_until(partial(_at_the_caret, terminal, letter), 240)
                waits.append(time.monotonic() - typed)
            shown = terminal.wait_for(f"ZQ{tag}X", 240)
            terminal.settle()
            yield f"reply, {size}, kB", (terminal.written - before) / 1000
            yield f"complete after the server is done, {size}, s", shown - server.ended[tag]
            yield f"a key while it streams, {size}, s", max(waits)


def figures(python: str, server: Server) -> Iterator[tuple[str, float]]:
    """All figures of one build."""
    yield from screens(python, server.url)
    yield from stream(python, server, 120, 40, files=True)
    yield from stream(python, server, 80, 24, files=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--other", type=Path)
    options = parser.parse_args()
    with serving() as server:
        other = list(figures(str(options.other), server)) if options.other else []
        ours = list(figures(sys.executable, server))
    for number, (name, value) in enumerate(ours):
        beside = f"{other[number][1]:10.1f}{value / other[number][1]:8.3f}" if other and other[number][1] else ""
        print(f"{name:55}{value:10.1f}{beside}")


if __name__ == "__main__":
    main()
