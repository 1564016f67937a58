"""Programs that are killed at any moment keep what they promised: a few kills of each, ``tests.faults.kills`` does thousands."""

from __future__ import annotations

import subprocess
import sys


def test_nothing_that_was_promised_is_lost() -> None:
    targets = ("--of", "ask", "--of", "batch", "--of", "import", "--of", "tui")
    argv = [sys.executable, "-m", "tests.faults.kills", "2", *targets]
    done = subprocess.run(argv, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    rows = [line.split()[:4] for line in done.stdout.splitlines()[1:]]
    assert [[row[0], row[1], row[3]] for row in rows] == [[name, "2", "0"] for name in ("ask", "batch", "import", "tui")], rows
    assert all(int(row[2]) for row in rows if row[0] in {"ask", "tui"}), rows
