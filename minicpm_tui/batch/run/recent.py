"""Which batches ran on this machine, newest first: where their output is and how to go on with it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from minicpm_tui import paths
from minicpm_tui.files import make_private_dir, read_state, write_state

KEPT = 50


class BatchRun(msgspec.Struct, frozen=True):
    """A batch: its absolute ``output``, the command's ``arguments`` without --resume and --overwrite, and the folder it ran in.

    ``at`` is when it was last begun, in seconds since the epoch, ``total`` how many requests it came to then (0: not known).
    """

    output: str
    arguments: tuple[str, ...]
    folder: str
    at: float
    total: int = 0


def folder() -> Path:
    """Where runs are noted."""
    return paths.state_dir() / "batch"


def key(output: Path) -> str:
    """A file name for ``output``, the same however it is written."""
    return hashlib.sha256(str(output.resolve()).encode(errors="surrogateescape")).hexdigest()[:32]


def lock(output: Path) -> Path:
    """The lock of the run that writes ``output``: beside it, where those of other users and machines look too."""
    place = output.resolve()
    return place.with_name(f".{place.name}.lock")


def remember(output: Path, arguments: Sequence[str], total: int = 0) -> None:
    """Note that a run of ``total`` requests begins, those that are answered already among them. Raises StorageError. Blocks."""
    place = make_private_dir(folder())
    run = BatchRun(str(output.absolute()), tuple(arguments), str(Path.cwd()), time.time(), total)
    write_state(place / f"{key(output)}.json", run)
    for old in runs()[KEPT:]:
        (place / f"{key(Path(old.output))}.json").unlink(missing_ok=True)


def noted(output: Path) -> BatchRun | None:
    """What was noted last of the run that writes ``output``. Blocks."""
    return read_state(folder() / f"{key(output)}.json", BatchRun)


def locked() -> list[BatchRun]:
    """Those that somebody writes now, or was killed while writing. Blocks."""
    return [run for run in runs() if lock(Path(run.output)).exists()]


def runs() -> list[BatchRun]:
    """Those whose output is still there, newest first. Blocks."""
    found = []
    for path in folder().glob("*.json"):
        run = read_state(path, BatchRun)
        if run is not None and Path(run.output).exists():
            found.append(run)
    return sorted(found, key=lambda run: run.at, reverse=True)
