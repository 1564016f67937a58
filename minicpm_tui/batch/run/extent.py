"""How far a run has come, told from outside of it: the lines of its output, and how many there should be."""

from __future__ import annotations

import contextlib
from pathlib import Path

from minicpm_tui.batch.run import recent
from minicpm_tui.batch.run.recent import BatchRun

_PIECE = 1 << 20


class Extent:
    """``done`` requests of ``run`` have a line in its output, the failed ones among them, of ``total`` (0: not known)."""

    def __init__(self, run: BatchRun) -> None:
        self._output = Path(run.output)
        self._read = 0
        self.done = 0
        self.total = run.total

    def look(self) -> Extent:
        """Read what has come since. Blocks."""
        noted = recent.noted(self._output)
        self.total = noted.total if noted is not None else self.total
        with contextlib.suppress(OSError), self._output.open("rb") as file:
            if file.seek(0, 2) < self._read:
                self._read = self.done = 0
            file.seek(self._read)
            while piece := file.read(_PIECE):
                self.done += piece.count(b"\n")
                self._read += len(piece)
        return self

    @property
    def left(self) -> int:
        """How many have no line yet."""
        return max(0, self.total - self.done)
