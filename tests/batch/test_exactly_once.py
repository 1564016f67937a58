"""Two thousand pictures, with kills and faults in between: every id exactly once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from minicpm_tui.batch.output.jsonl import read_results
from minicpm_tui.demo.options import DemoOptions, Faults
from minicpm_tui.demo.testing import serving
from tests.batch.conftest import ASK, fill_folder, results
from tests.waiting import wait_for

COUNT = 2000
QUICK = DemoOptions(tokens_per_second=0, reply="A picture.")
DEADLINE = 100.0


def start(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "minicpm_tui", "batch", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def lines(output: Path) -> int:
    return output.read_bytes().count(b"\n") if output.exists() else 0


def wait_for_lines(process: subprocess.Popen[bytes], output: Path, count: int) -> None:
    wait_for(lambda: lines(output) >= count or process.poll() is not None, DEADLINE)


@pytest.mark.timeout(240)
def test_every_id_exactly_once_after_kills_and_faults(tmp_path: Path) -> None:
    folder = fill_folder(tmp_path / "pictures", COUNT)
    output = tmp_path / "out.jsonl"
    with serving(QUICK) as one, serving(QUICK) as two:
        run = (folder, *ASK, "-o", output, "--url", one.url, "--url", two.url, "--resume")
        faults = (Faults(unavailable=30), Faults(engine_dead=True), Faults())
        for number, fault in enumerate(faults, 1):
            process = start(*run)
            wait_for_lines(process, output, COUNT * number // 8)
            one.set_faults(fault)
            wait_for_lines(process, output, COUNT * number // 4)
            process.kill()
            process.wait()
            assert len({result.id for result in read_results(output)}) == sum(1 for _line in read_results(output))
        assert start(*run).wait(DEADLINE) == 0
        assert len(one.chats) + len(two.chats) >= COUNT
    found = results(output)
    assert set(found) == {f"p{number:05}.png" for number in range(COUNT)}
    assert not [result.id for result in found.values() if result.error]
    assert sorted(result.index for result in found.values()) == list(range(COUNT))
