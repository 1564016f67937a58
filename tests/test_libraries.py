"""What C libraries write to descriptor 2 stands neither on the screen nor among what is printed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from minicpm_tui.libraries import outspoken, quiet_libraries
from tests.terminal import Terminal

WARNING = b"TIFFReadDirectory: Warning, Unknown field with tag 37724.\n"
_WARNS = f"""
import os, threading, time
def warn():
    while not os.path.exists(os.environ["ASKED_TO_WARN"]):
        time.sleep(0.05)
    os.write(2, {WARNING!r} * 3)
    os.rename(os.environ["ASKED_TO_WARN"], os.environ["ASKED_TO_WARN"] + ".done")
if "ASKED_TO_WARN" in os.environ:
    threading.Thread(target=warn, daemon=True).start()
"""


def test_libraries_go_to_the_log_and_python_to_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "state" / "libraries.log"
    with quiet_libraries(log):
        os.write(2, WARNING)
        print("ours", file=sys.stderr)
        os.write(2, WARNING)
    os.write(2, b"after")
    assert capfd.readouterr().err == "ours\nafter"
    assert log.read_bytes() == 2 * WARNING
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_half_of_a_surrogate_pair_takes_one_cell_as_a_terminal_counts_it(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_libraries():
        print("bad\udcff.jpg", file=sys.__stderr__)
    assert capfd.readouterr().err == "bad?.jpg\n"


def test_a_log_begins_anew_when_it_has_grown(tmp_path: Path) -> None:
    log = tmp_path / "libraries.log"
    log.write_bytes(bytes(1_000_001))
    with quiet_libraries(log):
        os.write(2, WARNING)
    assert log.read_bytes() == WARNING


def test_a_log_that_cannot_be_written_is_no_trouble(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with quiet_libraries(tmp_path / "file" / "libraries.log"):
        os.write(2, WARNING)
    assert capfd.readouterr().err == ""


def test_a_program_that_gets_the_terminal_has_its_stderr(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    with quiet_libraries(tmp_path / "log"):
        with outspoken():
            os.write(2, b"editor\n")
        os.write(2, WARNING)
    assert capfd.readouterr().err == "editor\n"


def test_the_screen_shows_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(_WARNS)
    asked, home = tmp_path / "asked", tmp_path / "home"
    env = {"PYTHONPATH": str(tmp_path), "ASKED_TO_WARN": str(asked), "MINICPM_TUI_HOME": str(home)}
    with Terminal([sys.executable, "-m", "minicpm_tui", "--url", "127.0.0.1:9"], env=env) as terminal:
        terminal.wait_for("F1")
        asked.touch()
        terminal.wait_until(lambda: asked.with_name("asked.done").exists())
        terminal.send("typed")
        terminal.wait_for("typed")
        assert b"TIFFReadDirectory" not in terminal.everything
    assert (home / "state" / "libraries.log").read_bytes() == 3 * WARNING


_FREED = """
import os
from pathlib import Path
from minicpm_tui.libraries import give_back_large_blocks

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

give_back_large_blocks()
before = resident()
for size in (30_000_000, 20_000_000):  # the second fits what glibc learned from the first
    block = b"x" * size
    del block
print(resident() - before)
"""


def test_what_a_large_block_took_goes_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", _FREED], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 5_000_000
