"""Time to the first paint, beside an empty Textual program: ``python -m tests.benchmarks.startup [--runs 5]``."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence

from tests.benchmarks.server import serving
from tests.benchmarks.terminal import Terminal

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("READY-EMPTY")
Empty().run()
"""


def seconds(argv: Sequence[str], ready: str) -> float:
    """From starting ``argv`` to seeing ``ready``."""
    with tempfile.TemporaryDirectory() as home, Terminal(argv, env={"MINICPM_TUI_HOME": home}) as terminal:
        return terminal.wait_for(ready) - terminal.started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--ready", default=r"\^P|F1|F2", help="what the program shows with its first paint")
    options = parser.parse_args()
    with serving() as server:
        empty = [sys.executable, "-c", EMPTY]
        ours = [sys.executable, "-m", "minicpm_tui", "--url", server.url]
        pairs = [(seconds(empty, "READY-EMPTY"), seconds(ours, options.ready)) for _ in range(options.runs + 1)][1:]
    theirs, own = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"an empty Textual program {theirs:.2f} s, minicpm-tui {own:.2f} s, ratio {own / theirs:.2f}")


if __name__ == "__main__":
    main()
