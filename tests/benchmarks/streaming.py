"""What a streamed reply costs, beside Textual's ``Markdown.get_stream`` on the same text in the same run.

``python -m tests.benchmarks.streaming [--host] [--short]``: ``--host`` measures the pane in a program of a few lines instead of
the whole program, ``--short`` leaves out the long cases. CPU seconds count until the program rests.

``python -m tests.benchmarks.streaming --other PYTHON [--pairs 5]`` measures instead the program beside another build, which is
installed for ``PYTHON``: 2,000 tokens at 200 a second, in turns, so that what else the machine does hits both (15 s each).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from tests.benchmarks.server import Server, serving
from tests.terminal import Terminal

_tags = count(1)


@dataclass(frozen=True)
class Program:
    """How to start a chat program, and what it shows when it can be written to."""

    name: str
    argv: tuple[str, ...]
    ready: str


@dataclass(frozen=True)
class Cost:
    """Of one reply: CPU seconds, seconds from the server's last byte to the screen, kilobytes written."""

    cpu: float
    lag: float
    kilobytes: float


def programs(url: str, *, host: bool) -> tuple[Program, Program]:
    """Textual's and ours."""
    python = (sys.executable, "-m")
    floor = Program("Markdown.get_stream", (*python, "tests.benchmarks.hosts", "markdown", url), "READY")
    if host:
        return floor, Program("the pane", (*python, "tests.benchmarks.hosts", "pane", url), "READY")
    return floor, build("minicpm-tui", sys.executable, url)


def build(name: str, python: str, url: str) -> Program:
    """The whole program, as the interpreter ``python`` finds it; -P: not what lies in this folder."""
    return Program(name, (python, "-P", "-m", "minicpm_tui", "--url", url), "bench-model")


def _environment(home: str) -> dict[str, str]:
    return {"MINICPM_TUI_HOME": home, "PYTHONPATH": ""}


def reply(terminal: Terminal, server: Server, size: int, rate: int) -> Cost:
    """Ask for ``size`` tokens at ``rate`` a second."""
    tag = f"t{next(_tags)}"
    terminal.send(f"n={size} r={rate} t={tag}")
    terminal.wait_for(f"t={tag}")
    terminal.settle()
    cpu, written = terminal.cpu, terminal.written
    terminal.send("\r")
    shown = terminal.wait_for(f"ZQ{tag}X", 240)
    terminal.settle()
    return Cost(terminal.cpu - cpu, shown - server.ended[tag], (terminal.written - written) / 1000)


def measure(program: Program, server: Server, cases: Sequence[tuple[int, int]], turns: int = 0) -> Iterator[Cost]:
    """The cost of each case in a fresh program, after ``turns`` short replies."""
    for size, rate in cases:
        with tempfile.TemporaryDirectory() as home, Terminal(program.argv, env=_environment(home)) as terminal:
            terminal.wait_for(program.ready)
            terminal.settle()
            for _ in range(turns):
                tag = f"t{next(_tags)}"
                terminal.send(f"n=60 r=0 t={tag}\r")
                terminal.wait_for(f"ZQ{tag}X", 240)
            terminal.settle()
            yield reply(terminal, server, size, rate)


def key_latency(program: Program, server: Server) -> float:
    """The longest wait of a key press for its echo while a reply streams, in seconds."""
    with tempfile.TemporaryDirectory() as home, Terminal(program.argv, env=_environment(home)) as terminal:
        terminal.wait_for(program.ready)
        terminal.send(f"n=1000 r=200 t=t{next(_tags)}\r")
        terminal.wait_for("Section 1")
        waits = []
        for number in range(8):
            begin = time.monotonic()
            letter = "qxjkvwzy"[number]
            terminal.send(letter)
            waits.append(terminal.wait_for_bytes(letter.encode(), 5) - begin)
            until = time.monotonic() + 0.23
            while time.monotonic() < until:
                terminal.pump()
        return sorted(waits)[-2]  # the machine's own hiccup aside


def compare(server: Server, other: Path, pairs: int) -> None:
    """Print what a reply costs this build and ``other``: the least and the median of ``pairs`` runs each, and the ratios."""
    builds = [build("other", str(other), server.url), build("this", sys.executable, server.url)]
    costs: dict[str, list[Cost]] = {program.name: [] for program in builds}
    for number in range(pairs):
        for program in builds if number % 2 else builds[::-1]:
            costs[program.name] += measure(program, server, [(2000, 200)])
    found = {name: [each.cpu for each in measured] for name, measured in costs.items()}
    for name, seconds in found.items():
        kilobytes = median(each.kilobytes for each in costs[name])
        print(f"  {name:6} {min(seconds):6.2f} s CPU at least, median {median(seconds):6.2f} s, {kilobytes:7.0f} kB")
    least, middle = (kind(found["this"]) / kind(found["other"]) for kind in (min, median))
    print(f"  ratio {least:.3f} of the least, {middle:.3f} of the medians")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", action="store_true")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--other", type=Path)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    with serving() as server:
        if options.other:
            compare(server, options.other, options.pairs)
            return
        floor, ours = programs(server.url, host=options.host)
        cases = [(500, 200)] if options.short else [(2000, 200), (10000, 0)]
        for case, theirs, own in zip(cases, measure(floor, server, cases), measure(ours, server, cases), strict=True):
            print(f"{case[0]} tokens, {case[1] or 'no'} limit a second:")
            for program, cost in ((floor, theirs), (ours, own)):
                print(f"  {program.name:20} {cost.cpu:6.2f} s CPU, {cost.lag * 1000:6.0f} ms late, {cost.kilobytes:7.0f} kB")
            print(f"  ratio {own.cpu / theirs.cpu:.3f}")
        turns = 20 if options.short else 100
        first = next(measure(ours, server, [(500, 200)], turns=1))
        later = next(measure(ours, server, [(500, 200)], turns=turns))
        print(f"after {turns} turns: {later.cpu:.2f} s CPU, after one {first.cpu:.2f} s, ratio {later.cpu / first.cpu:.2f}")
        print(f"a key waits {key_latency(ours, server) * 1000:.0f} ms at most")


if __name__ == "__main__":
    main()
