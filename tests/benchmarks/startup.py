"""Time to the first paint, beside an empty Textual program: ``python -m tests.benchmarks.startup [--runs 5]``.

On a machine that does other things too, the CPU seconds tell more than the clock.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence

from tests.benchmarks.server import serving
from tests.terminal import Terminal

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("READY-EMPTY")
Empty().run()
"""


def seconds(argv: Sequence[str], ready: str) -> tuple[float, float]:
    """From starting ``argv`` until it writes ``ready``: by the clock, and of CPU time."""
    with tempfile.TemporaryDirectory() as home, Terminal(argv, env={"MINICPM_TUI_HOME": home}) as terminal:
        shown = terminal.wait_for_bytes(ready.encode())
        return shown - terminal.started, terminal.cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--ready", default="F2", help="what the program shows with its first paint")
    options = parser.parse_args()
    with serving() as server:
        empty = [sys.executable, "-c", EMPTY]
        ours = [sys.executable, "-m", "minicpm_tui", "--url", server.url]
        pairs = [(seconds(empty, "READY-EMPTY"), seconds(ours, options.ready)) for _ in range(options.runs + 1)][1:]
    for which, unit in enumerate(("s", "s CPU")):
        theirs, own = (statistics.median(cost[which] for cost in column) for column in zip(*pairs, strict=True))
        print(f"an empty Textual program {theirs:.2f} {unit}, minicpm-tui {own:.2f} {unit}, ratio {own / theirs:.2f}")


if __name__ == "__main__":
    main()
