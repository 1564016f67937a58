"""Whether a batch's memory grows with its input: ``python -m tests.benchmarks.batch_memory [LINES]`` (100,000 unless given).

The whole way but the network: reading, the look for duplicate ids, preparing a picture a line, writing, going on with the output.
Answers come at once. Each size runs in a process of its own; its peak is what the kernel says (``VmHWM``).
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from minicpm_tui.batch.engine import Answer, Ready
from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.batch.run.job import Job
from minicpm_tui.batch.run.look import look_through
from minicpm_tui.batch.run.requests import RequestMaker
from minicpm_tui.batch.run.start import Run, carry_out
from minicpm_tui.chat.preparer import Preparer
from minicpm_tui.families import recognise, request_profile
from minicpm_tui.media import MediaLimits
from minicpm_tui.messages import RequestOptions, Usage
from tests.batch.conftest import png

SMALL = 1000
MODEL = "openbmb/MiniCPM-V-2_6"


class AtOnce:
    """An engine that answers everything in no time."""

    wanted = 32
    ready = True
    trouble = ""

    async def run(self, inbox: asyncio.Queue[Ready | None], answers: asyncio.Queue[Answer | None]) -> None:
        while (ready := await inbox.get()) is not None:
            await answers.put(Answer(ready.item, text="A picture.", usage=Usage(80, 4), finish_reason="stop", error=ready.error))

    async def aclose(self) -> None:
        """Nothing is open."""


def measure(table: Path) -> None:
    """Print lines, seconds and the peak of this process in MB, as JSON."""
    family = recognise(MODEL)
    job = Job(Plan((str(table),)), table.with_suffix(".out"), resume=True)
    wanted = Run(job, RequestOptions(model=MODEL), Console(stderr=True, quiet=True))
    maker = RequestMaker(request_profile(family), wanted.options, Preparer(MediaLimits(family=family)))
    began = time.monotonic()
    summary = asyncio.run(carry_out(wanted, look_through(job), AtOnce(), maker, MODEL))
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"done": summary.done, "seconds": time.monotonic() - began, "peak": peak / 1000}))


def write_table(folder: Path, lines: int) -> Path:
    """``lines`` requests with a small picture and some text each."""
    folder.mkdir()
    (folder / "p.png").write_bytes(png(1))
    table = folder / "in.jsonl"
    with table.open("w", encoding="utf-8") as file:
        for number in range(lines):
            text = f"question {number} " + "word " * 40
            file.write(json.dumps({"id": f"request-{number:07}", "text": text, "files": ["p.png"]}) + "\n")
    return table


def main() -> None:
    if len(sys.argv) > 2:
        measure(Path(sys.argv[2]))
        return
    peaks = []
    for lines in (SMALL, int(sys.argv[1]) if len(sys.argv) > 1 else 100_000):
        with tempfile.TemporaryDirectory() as name:
            table = write_table(Path(name) / "in", lines)
            command = [sys.executable, "-m", "tests.benchmarks.batch_memory", "measure", str(table)]
            for what in ("all", "none left, --resume"):
                found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                peaks.append(found["peak"])
                figures = f"{found['done']:6} done, {found['seconds']:6.1f} s, peak {found['peak']:6.1f} MB"
                print(f"{lines:7} lines, {what:20}: {figures}", flush=True)
    print(f"peak, large input / small one: {peaks[2] / peaks[0]:.2f} (first run), {peaks[3] / peaks[1]:.2f} (--resume)")


if __name__ == "__main__":
    main()
