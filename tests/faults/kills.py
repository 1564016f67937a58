"""Kills programs at moments of chance, from their start to their end, and prints what became of what they had promised.

``python -m tests.faults.kills [COUNT] [--of journal|ask|batch|import|tui]``: a row for every hundred kills. The next run of each
must work, and the session, the output or the import that was under way be whole. 1 when something that was promised is gone.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import pkgutil
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import minicpm_tui
from tests.faults.cases import SEED
from tests.faults.kill_chats import Ask, Tui
from tests.faults.kill_files import Batch, Import, Writer
from tests.faults.killing import Tally, Target, serving

EACH = 100
"""Kills in one folder, before the next begins."""
TARGETS: Mapping[str, Callable[[Path, str, random.Random], Target]] = {
    "journal": Writer,
    "ask": Ask,
    "batch": Batch,
    "import": Import,
    "tui": Tui,
}


def load() -> None:
    """Import what the programs would, and would pay for again and again."""
    importlib.import_module("openai.resources.chat.completions")
    for module in pkgutil.walk_packages(minicpm_tui.__path__, "minicpm_tui."):
        if "vllm.worker" not in module.name and "__main__" not in module.name:  # which are run elsewhere
            importlib.import_module(module.name)
    gc.freeze()


def main(count: int, name: str) -> int:
    """Print a row for every ``EACH`` kills; 1 when something that was promised is gone."""
    chance, status = random.Random(SEED), 0
    with serving() as url:
        for first in range(0, count, EACH):
            began, tally = time.monotonic(), Tally()
            os.environ["MINICPM_TUI_HOME"] = home = tempfile.mkdtemp()  # a TemporaryDirectory would end with each child
            target = TARGETS[name](Path(home), url, chance)
            for _kill in range(min(EACH, count - first)):
                target.kill(tally)
            shutil.rmtree(home)
            seconds = time.monotonic() - began
            counts = f"{min(first + EACH, count):6} {len(tally.promised):8} {len(tally.lost):5}"
            print(f"{name:7} {counts} {seconds:8.1f} {tally.cut:6.2f}", flush=True)
            if tally.lost:
                print("lost:", *sorted(tally.lost))
                status = 1
    return status


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kills")
    parser.add_argument("count", type=int, nargs="?", default=5000)
    parser.add_argument("--of", choices=TARGETS, action="append")
    chosen = parser.parse_args()
    load()
    print(f"{'of':7} {'kills':>6} {'promised':>8} {'lost':>5} {'seconds':>8} {'cut':>6}")
    sys.exit(max(main(chosen.count, each) for each in chosen.of or TARGETS))
