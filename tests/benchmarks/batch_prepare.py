"""Pictures a second that ``batch`` prepares and sends to a server which answers at once.

``python -m tests.benchmarks.batch_throughput prepare [--other PYTHON] [--count N] [--rounds N] [--size 1280x720]``

``--other`` is the Python of another build; the two take turns, on the same pictures. Both clocks are printed: the wall's, which
other programs on the machine disturb, and the processor's, which tells what a picture takes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Round:
    """``rate``: requests a second from the first to the last answer; ``seconds`` and ``cpu`` seconds of the whole command."""

    rate: float
    seconds: float
    cpu: float


@contextlib.contextmanager
def instant_server() -> Iterator[str]:
    """The URL of a server in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.instant_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()


def run(python: str, folder: Path, url: str) -> Round:
    """One batch over the pictures in ``folder``."""
    with tempfile.TemporaryDirectory() as home:
        command = [python, "-P", "-m", "minicpm_tui", "batch", str(folder), "--prompt", "Describe it.", "--url", url]
        environ = {"MINICPM_TUI_HOME": home, "LANG": "C.UTF-8", "PATH": os.environ["PATH"]}
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run([*command, "-o", f"{home}/out.jsonl"], capture_output=True, text=True, env=environ, check=False)
        seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        said = done.stdout + done.stderr
        found = re.search(r"\(([\d.]+) requests/s", said)
        assert done.returncode == 0, said[-2000:]
        assert found, said[-2000:]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Round(float(found[1]), seconds, cpu)


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--other", metavar="PYTHON")
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", default="1280x720")
    options = parser.parse_args(words)
    from tests.benchmarks.batch_throughput import pictures

    width, height = map(int, options.size.split("x"))
    builds = {"other": options.other, "this": sys.executable} if options.other else {"this": sys.executable}
    rounds: dict[str, list[Round]] = {name: [] for name in builds}
    with tempfile.TemporaryDirectory() as name, instant_server() as url:
        for number, data in enumerate(pictures(options.count, (width, height), 7)):
            (Path(name) / f"{number}.jpg").write_bytes(data)
        for _round in range(options.rounds):
            for build, python in builds.items():
                seen = run(python, Path(name), url)
                rounds[build].append(seen)
                each = 1000 * seen.cpu / options.count
                print(f"{build:6} {seen.rate:7.1f} requests/s, {seen.seconds:6.2f} s in all, {each:6.1f} ms CPU each", flush=True)
    if options.other:
        for what in ("rate", "seconds", "cpu"):
            ours, theirs = (statistics.median(getattr(each, what) for each in rounds[build]) for build in ("this", "other"))
            best = max(getattr(each, what) for each in rounds["this"]) / max(getattr(each, what) for each in rounds["other"])
            print(f"{what}: this / other {ours / theirs:.2f} (of the highest: {best:.2f})")
