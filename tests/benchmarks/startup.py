"""How soon the program is there, and what it costs, beside an empty Textual program and beside another build of it.

``python -m tests.benchmarks.startup [--runs 5] [--other PYTHON]`` starts each in a terminal, by turns: until it paints, until a
key pressed at that moment shows; then with somebody who types on from the first paint, a key every 20 ms, until all is there: the
longest time until a key shows; and once more without a key: until it is connected with a server on this machine, what it costs
until it rests, and its memory then (RSS, with its helpers). And ``ask``: until the server has its question.

Medians of seconds by the clock and of CPU, with the ratios to the empty program's first paint: on a machine that does other
things too, those of CPU tell more, and so does the least of the longest times. ``PYTHON`` is the interpreter of the other build.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import NamedTuple

import psutil

from tests.benchmarks.server import Server, serving
from tests.terminal import ESCAPES, Terminal

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("READY-EMPTY")
Empty().run()
"""
_EMPTY, _MODEL = "READY-EMPTY", "bench-model"
_KEY = "§"  # nothing else shows it
_TYPED = [chr(code) for code in range(0x100, 0x180) if chr(code).isalpha()]  # nor any of these
_TYPED_EVERY = 0.02
_REST_SECONDS = 3.0  # what is done after two seconds of idleness belongs to the start
_REST_CPU = 0.03
_ASKED = itertools.count()


class Figures(NamedTuple):
    """``clock`` and ``cpu`` are seconds until something was written, by what; ``rest`` CPU until it rests, ``memory`` MB."""

    clock: dict[str, float]
    cpu: dict[str, float]
    rest: float
    memory: float


def start(argv: Sequence[str], words: Sequence[str], *, key: bool = False) -> Figures:
    """Start ``argv`` and wait for each of ``words`` to be written; with ``key`` one is pressed at the first, and waited for."""
    clock, cpu = dict[str, float](), dict[str, float]()
    wanted = [*words[:1], _KEY] if key else words
    with tempfile.TemporaryDirectory() as home, Terminal(argv, env={"MINICPM_TUI_HOME": home}, columns=100, rows=30) as terminal:
        terminal.drawing = False
        while len(clock) < len(wanted):
            if (now := terminal.pump()) is None:
                continue
            text = ESCAPES.sub(b"", bytes(terminal.received)).decode("utf-8", "replace")
            for word in wanted:
                if word in text and word not in clock:
                    clock[word], cpu[word] = now - terminal.started, terminal.cpu
                    if key and word == words[0]:
                        terminal.send(_KEY)
        rest, memory = (0.0, 0.0) if key else _rest(terminal)
    return Figures(clock, cpu, rest, memory)


def longest_wait(argv: Sequence[str], word: str) -> float:
    """The longest time until a key shows, in seconds, while somebody types from the first paint, which shows ``word``, on."""
    sent, waited = dict[str, float](), dict[str, float]()
    with tempfile.TemporaryDirectory() as home, Terminal(argv, env={"MINICPM_TUI_HOME": home}, columns=100, rows=30) as terminal:
        terminal.drawing = False
        while len(waited) < len(_TYPED):
            if now := terminal.pump(0.002):
                shown = [key for key in sent if key not in waited and key.encode() in terminal.received]
                waited |= {key: now - sent[key] for key in shown}
            last = sent[_TYPED[len(sent) - 1]] if sent else 0.0
            begun = last or word.encode() in terminal.received
            if begun and len(sent) < len(_TYPED) and time.monotonic() >= last + _TYPED_EVERY:
                key = _TYPED[len(sent)]
                sent[key] = time.monotonic()
                terminal.send(key)
    return max(waited.values())


def asked(python: str, server: Server) -> tuple[float, float]:
    """Seconds until ``server`` has the question of an ``ask``: by the clock, and of CPU."""
    tag = f"asked{next(_ASKED)}"
    question = f"n=9 r=9 t={tag}"  # for a second: its CPU can be read when the question is there
    with tempfile.TemporaryDirectory() as home:
        argv = [python, "-P", "-m", "minicpm_tui", "ask", question, "--no-save", "--url", server.url]
        began = time.monotonic()
        with psutil.Popen(argv, env={**os.environ, "MINICPM_TUI_HOME": home}, stdout=subprocess.DEVNULL) as process:
            while tag not in server.started and process.poll() is None:
                time.sleep(0.001)
            times = process.cpu_times()
    return server.started[tag] - began, times.user + times.system


def _rest(terminal: Terminal) -> tuple[float, float]:
    """CPU seconds of the program and its helpers until it has rested for a while, and their memory in MB."""
    before, since = 0.0, time.monotonic()
    while time.monotonic() - since < _REST_SECONDS:
        terminal.pump(0.1)
        spent = sum(sum(each.cpu_times()[:2]) for each in _processes(terminal))
        if spent > before + _REST_CPU:
            before, since = spent, time.monotonic()
    return before, sum(each.memory_info().rss for each in _processes(terminal)) / 1e6


def _processes(terminal: Terminal) -> list[psutil.Process]:
    return [terminal.process, *terminal.process.children(recursive=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--other", metavar="PYTHON", help="interpreter of another build, measured by turns with this one")
    parser.add_argument("--ready", default="F2", help="what the program shows with its first paint")
    options = parser.parse_args()
    builds = {"minicpm-tui": sys.executable} | ({"the other build": options.other} if options.other else {})
    found: dict[str, list[Figures]] = {}
    waits: dict[str, list[float]] = {}
    asks: dict[str, list[tuple[float, float]]] = {}
    with serving() as server:
        for run in range(options.runs + 1):
            figures = {"empty": start([sys.executable, "-c", EMPTY], [_EMPTY])}
            for name, python in builds.items():
                argv = [python, "-P", "-m", "minicpm_tui", "--url", server.url]
                figures[f"{name}, key"] = start(argv, [options.ready], key=True)
                figures[name] = start(argv, [options.ready, _MODEL])
                waits.setdefault(name, []).append(longest_wait(argv, options.ready))
                asks.setdefault(name, []).append(asked(python, server))
            if run:  # the first one reads everything from the disk
                for name, each in figures.items():
                    found.setdefault(name, []).append(each)
    floor = _median(found["empty"], _EMPTY)
    print(f"an empty Textual program: painted {_told(floor, floor)}; {_at_rest(found['empty'])}")
    for name in builds:
        print(f"{name}: painted {_told(_median(found[name], options.ready), floor)}")
        print(f"  a key shown {_told(_median(found[f'{name}, key'], _KEY), floor)}")
        longest = [1000 * each for each in waits[name][1:]]
        print(f"  of many keys the longest took {statistics.median(longest):.0f} ms, at least {min(longest):.0f} ms")
        print(f"  connected {_told(_median(found[name], _MODEL), floor)}; {_at_rest(found[name])}")
        clock, cpu = (statistics.median(seconds) for seconds in zip(*asks[name][1:], strict=True))
        print(f"  ask has sent its question {_told((clock, cpu), floor)}")


def _median(found: Sequence[Figures], word: str) -> tuple[float, float]:
    """Seconds until ``word`` was written: by the clock, and of CPU."""
    return statistics.median(each.clock[word] for each in found), statistics.median(each.cpu[word] for each in found)


def _told(seconds: tuple[float, float], floor: tuple[float, float]) -> str:
    (clock, cpu), (least_clock, least_cpu) = seconds, floor
    return f"{clock:.2f} s ({clock / least_clock:.2f}), {cpu:.2f} s of CPU ({cpu / least_cpu:.2f})"


def _at_rest(found: Sequence[Figures]) -> str:
    rest, memory = statistics.median(each.rest for each in found), statistics.median(each.memory for each in found)
    return f"at rest {rest:.2f} s of CPU, {memory:.0f} MB"


if __name__ == "__main__":
    main()
