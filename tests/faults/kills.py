"""Kills a writer of a session at moments of chance and prints what became of it: ``python -m tests.faults.kills [COUNT]``."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from minicpm_tui.sessions.journal import Journal
from tests.faults.cases import SEED
from tests.sessions.test_crash import killed_after

COUNT = 5000
EACH = 50
"""Kills of one session, before the next begins."""


def main(count: int) -> int:
    """Print a row for every ``EACH`` kills; 1 when a message that was said to be durable is gone."""
    chance, lost = random.Random(SEED), 0
    print(f"{'kills':>6} {'durable':>8} {'lost':>5} {'seconds':>8}")
    for first in range(0, count, EACH):
        began, promised = time.monotonic(), 0
        with tempfile.TemporaryDirectory() as home:
            with Journal.create(folder=Path(home)) as journal:
                journal.set_title("kills")
            assert journal.path is not None
            for _kill in range(min(EACH, count - first)):
                said = killed_after(journal.path, chance.randint(1, 6), chance.randrange(20_000))
                with Journal.open(journal.path) as after:
                    gone = [each for each in said if each not in after.tree.messages]
                promised, lost = promised + len(said), lost + len(gone)
        print(f"{min(first + EACH, count):6} {promised:8} {lost:5} {time.monotonic() - began:8.1f}", flush=True)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
