"""^C while the program is still being imported ends it without a word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_CODE = """
import os, signal, sys

interrupted = sys.argv[1]
sys.argv[1:] = ["ask", "hi"]

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == interrupted:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
from minicpm_tui.__main__ import main
main()
"""


@pytest.mark.parametrize("module", ["cli.main", "config", "cli.command_line"])
def test_it_ends_with_status_130(module: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CODE, f"minicpm_tui.{module}"],
        capture_output=True,
        text=True,
        env={**os.environ, "MINICPM_TUI_HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
