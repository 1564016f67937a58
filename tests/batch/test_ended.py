"""A run that is ended from outside says what is safe."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from tests.batch.conftest import ASK
from tests.interruptible import interruptible
from tests.waiting import wait_for


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_ended_says_that_the_answers_are_saved(
    home: Path, pictures: Path, output: Path, number: signal.Signals, status: int
) -> None:
    with serving(DemoOptions(tokens_per_second=1)) as server:
        command = [sys.executable, "-m", "minicpm_tui", "batch", str(pictures), *ASK, "-o", str(output), "--url", server.url]
        with subprocess.Popen(interruptible(command), stderr=subprocess.PIPE, text=True) as run:
            wait_for(lambda: bool(server.chats))
            run.send_signal(number)
            _out, said = run.communicate(timeout=30)
    assert run.returncode == status
    assert "--resume continues" in said
