"""What ``vllm --version`` said, kept between runs: a cold import may take it more than ten seconds, each time."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
from pathlib import Path

import msgspec

from minicpm_tui import paths
from minicpm_tui.errors import StorageError
from minicpm_tui.files import make_private_dir, read_state, write_durably

_SECONDS = 10.0
_AGAIN_SECONDS = 86400.0
"""After so long a command that said nothing is asked once more."""


class _Answer(msgspec.Struct):
    """``modified``: the command's modification time, ``asked`` when it was run, in seconds since the epoch."""

    modified: float
    asked: float
    version: str = ""


def ask(command: Path) -> str:
    """The version that the command itself tells; empty when it does not within ten seconds. Blocks.

    It is run once for each modification of the file; one that said nothing is tried again after a day.
    """
    try:
        modified = command.resolve().stat().st_mtime
    except OSError:
        return ""
    known = read_state(_path(), dict[str, _Answer]) or {}
    key = str(command.absolute())
    answer = known.get(key)
    if answer and answer.modified == modified and (answer.version or time.time() - answer.asked < _AGAIN_SECONDS):
        return answer.version
    known[key] = _Answer(modified, time.time(), _run(command))
    with contextlib.suppress(StorageError):
        write_durably(make_private_dir(paths.cache_dir()) / _path().name, msgspec.json.encode(known))
    return known[key].version


def _run(command: Path) -> str:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            [command, "--version"], capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=True
        )
        for line in reversed(done.stdout.splitlines()):
            if match := re.fullmatch(r"(?:vllm\s+)?v?(\d+\.\d+\S*)", line.strip()):
                return match.group(1)
    return ""


def _path() -> Path:
    return paths.cache_dir() / "vllm-versions.json"
