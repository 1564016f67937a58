"""Looking into an output while it grows, however large: only the places of its lines are kept."""

from __future__ import annotations

import itertools
import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from minicpm_tui.batch.input.record import Columns
from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.batch.output.jsonl import decode_result
from minicpm_tui.batch.output.manifest import load
from minicpm_tui.batch.records import Item, Result
from minicpm_tui.files import storage_errors
from minicpm_tui.paths import expanded

State = Literal["failed", "cut", "empty", "refused", "done"]
STATES: tuple[State, ...] = ("failed", "cut", "empty", "refused", "done")
"""How a request ended, what most needs a look first."""


def state_of(result: Result) -> State:
    """How the request of ``result`` ended; ``cut`` is whatever ended an answer before it was whole."""
    if result.error is not None:
        return "failed"
    match result.ending.kind:
        case "complete":
            return "done"
        case "empty":
            return "empty"
        case "refusal":
            return "refused"
        case _:
            return "cut"


class OutputView:
    """The lines of ``path``; ``replaced`` counts how often they turned out to be those of another file. All methods block.

    ``states`` (places in ``STATES``), ``tokens`` and ``seconds`` hold one number for each line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.replaced = 0
        self._file_id: tuple[int, int] = (0, 0)
        self._begin()

    def _begin(self) -> None:
        self._places = array("q")
        self.states = bytearray()
        self.tokens = array("q")
        self.seconds = array("d")
        self._read = 0

    def __len__(self) -> int:
        return len(self._places)

    def count(self, state: State) -> int:
        """How many requests ended so."""
        return self.states.count(STATES.index(state))

    def refresh(self) -> bool:
        """Read what was added; begin anew when the file was replaced or cut. True when something has changed."""
        with storage_errors(self.path):
            status = self.path.stat()
            changed = (status.st_dev, status.st_ino) != self._file_id or status.st_size < self._read
            if changed:
                self._begin()
                self._file_id = (status.st_dev, status.st_ino)
                self.replaced += 1
            with self.path.open("rb") as file:
                file.seek(self._read)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._add(line)
                    changed = True
        return changed

    def result(self, number: int) -> Result | None:
        """The result in line ``number``, None when the file has changed under us. Raises StorageError."""
        if number >= len(self._places):
            return None
        with storage_errors(self.path), self.path.open("rb") as file:
            file.seek(self._places[number])
            return decode_result(file.readline())

    def results(self, start: int = 0) -> Iterator[tuple[int, Result]]:
        """The lines from number ``start`` on, with their numbers. Raises StorageError."""
        with storage_errors(self.path), self.path.open("rb") as file:
            for number in range(start, len(self._places)):
                file.seek(self._places[number])
                if (result := decode_result(file.readline())) is not None:
                    yield number, result

    def find(self, result_id: str) -> int | None:
        """The number of the line that holds the result of that id; reads them all. Raises StorageError."""
        return next((number for number, result in self.results() if result.id == result_id), None)

    def _add(self, line: bytes) -> None:
        if (result := decode_result(line)) is not None:
            self.states.append(STATES.index(state_of(result)))
            self.tokens.append(result.usage.completion_tokens if result.usage else 0)
            self.seconds.append(result.seconds)
            self._places.append(self._read)
        self._read += len(line)


def item_of(output: Path, folder: Path, result: Result) -> Item | None:
    """The request that ``result`` answers, found again in the input; None when that has changed.

    ``folder`` is where the run began: relative inputs are meant from there. Raises UsageError. Blocks, for seconds where the
    input is large.
    """
    manifest = load(output)
    if manifest is None:
        return None
    inputs = tuple(name if "://" in name else os.path.join(folder, expanded(name)) for name in manifest.inputs)  # noqa: PTH118
    files, text, name = manifest.columns[:-2], manifest.columns[-2], manifest.columns[-1]
    plan = Plan(inputs, manifest.prompts, Columns(files, text, name))
    item = next(itertools.islice(plan.items(), result.index, None), None)
    if item is None:
        return None
    named = os.path.normpath(os.path.join(folder, expanded(result.id)))  # noqa: PTH118  files are named as they were given
    return item if item.id in {result.id, named} else None
