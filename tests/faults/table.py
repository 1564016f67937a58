"""Each fault against ``ask``, ``batch`` and the TUI as processes, in a table: ``python -m tests.faults.table [WAY]…``.

``media`` asks with each damaged file. Seconds and peak memory are those of a process with its start, of the TUI those of one
answer and of all so far; a helper process that takes more counts instead.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.cases import KEY, SEED
from tests.faults.server import FAULTS, faulty, question
from tests.faults.test_media import KINDS, damaged
from tests.terminal import Terminal

PROGRAM = (sys.executable, "-m", "minicpm_tui")
WAYS = ("ask", "batch", "media", "tui")
FRAME = re.compile(r"[│▕▏▎─ ]+")
BAD = re.compile(rf"Traceback|Internal error|{KEY}")


def row(way: str, name: str, status: object, seconds: float, peak: float, line: str) -> bool:
    """Print one; True when what was said must not be said."""
    bad = bool(BAD.search(line))
    print(f"{way:5} {name:18} {status!s:>4} {seconds:7.1f} {peak:6.0f}  {'BAD ' if bad else ''}{line[:140]}", flush=True)
    return bad


def process(way: str, name: str, words: list[str], folder: Path) -> bool:
    """One process: its exit status, seconds, peak MB and all that it said, as one line."""
    began = time.monotonic()
    with (folder / "said").open("w+") as said:
        child = subprocess.Popen([*PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        _pid, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    lines = " | ".join(text.split("\n")).strip(" |")
    return row(way, name, child.returncode, time.monotonic() - began, used.ru_maxrss / 1024, lines)


def batch(url: str, name: str, folder: Path) -> bool:
    (folder / "in.jsonl").write_text(f'{{"id": "{name}", "text": "{question(name)}"}}\n')
    out = folder / "out.jsonl"
    out.unlink(missing_ok=True)
    bad = process("batch", name, ["batch", str(folder / "in.jsonl"), "-o", str(out), "--overwrite", "--url", url], folder)
    return bool(BAD.search(out.read_text() if out.exists() else "")) or bad


def media(url: str, folder: Path) -> bool:
    """Every kind of file, damaged in every way."""
    bad, chance = False, random.Random(SEED)
    for kind in KINDS:
        for how, data in damaged(kind, chance).items():
            path = folder / f"{kind}.{kind.lower()}"
            path.write_bytes(data)
            words = ["ask", "--no-save", "--url", url, "-f", str(path), question("tight")]
            bad = process("media", f"{kind}-{how}", words, folder) or bad
    return bad


def peak_of(pid: int) -> float:
    """The most memory that a process which runs has had, in MB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def tui(url: str, names: list[str]) -> bool:
    """All in one program: each message must end, and the program must live."""
    bad = False
    with Terminal([*PROGRAM, "--url", url]) as terminal:
        terminal.wait_for("Enter", 120)
        terminal.settle()
        for name in names:
            began = time.monotonic()
            terminal.send(question(name) + "\r")
            terminal.settle()
            shown = terminal.text[terminal.text.rfind(question(name)) :].split("\n")[1:6]
            line = FRAME.sub(" ", " ".join(shown)).strip()
            status = "ok" if terminal.process.is_running() else "dead"
            peak = peak_of(terminal.process.pid) if status == "ok" else 0
            bad = row("tui", name, status, time.monotonic() - began, peak, line) or status == "dead" or bad
    return bad


def main(ways: list[str]) -> int:
    """1 when a program said what it must not, or died."""
    bad = False
    os.environ["MINICPM_TUI_API_KEY"] = KEY
    print(f"{'way':5} {'case':18} {'exit':>4} {'seconds':>7} {'MB':>6}  line")
    with tempfile.TemporaryDirectory() as home, faulty() as url:
        os.environ["MINICPM_TUI_HOME"] = home
        folder = Path(home)
        for name in FAULTS:
            if "ask" in ways:
                bad = process("ask", name, ["ask", "--url", url, question(name)], folder) or bad
            if "batch" in ways:
                bad = batch(url, name, folder) or bad
        if "media" in ways:
            bad = media(url, folder) or bad
        if "tui" in ways:
            bad = tui(url, list(FAULTS)) or bad
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(WAYS)))
