"""Rows prepared in processes: threads share one interpreter, and end at the pictures a second that it can hand around."""

from __future__ import annotations

import contextlib
import os
import pickle
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from minicpm_tui.batch.engine import Ready
from minicpm_tui.batch.records import Item, Row
from minicpm_tui.batch.run.pipeline import Prepare
from minicpm_tui.batch.run.requests import RequestMaker
from minicpm_tui.batch.run.row_job import JOB, MODULE, ready_of
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.media.workers.limits import MIB, Limits
from minicpm_tui.media.workers.pool import Pool
from minicpm_tui.media.workers.worker import Listener, TookTooLong, TookTooMuchMemory, WorkerDied

ROWS_A_PROCESS = 24
"""A process that prepares fewer than so many takes longer to start than it wins."""

_MOST_PROCESSES = 32
_MOST_THREADS = 16
_AHEAD = 2  # rows that are handed over while others are at work: no process waits for the event loop
_LIMITS = Limits(memory=512 * MIB)


@contextlib.contextmanager
def preparation(preparer: RequestMaker, rows: int) -> Iterator[tuple[Prepare, int]]:
    """What prepares the rows of a run, and from how many threads it is called: ``preparer`` itself for a few rows, else processes
    that are gone afterwards."""
    processes = process_count(rows, preparer.busy_cores)
    if not processes:
        yield preparer, min(_MOST_THREADS, os.cpu_count() or 2)
        return
    workers = WorkerPreparer(preparer, processes)
    try:
        yield workers, processes + _AHEAD
    finally:
        workers.close()


def process_count(rows: int, busy_cores: int = 0) -> int:
    """How many processes prepare ``rows`` rows beside a local server that keeps ``busy_cores`` busy; 0: threads do."""
    if rows < 2 * ROWS_A_PROCESS:
        return 0
    cores = max(1, min(_MOST_PROCESSES, len(os.sched_getaffinity(0)) - busy_cores))
    return min(cores, rows // ROWS_A_PROCESS)


class WorkerPreparer:
    """What ``preparer`` does, done by ``processes`` processes: called from several threads at once.

    A row that takes more memory than each of many may have is prepared again alone. One that kills its process, or takes for
    ever, is an error like any other.
    """

    def __init__(self, preparer: RequestMaker, processes: int) -> None:
        self._preparer = preparer
        self._pickled = pickle.dumps(replace(preparer, cancelled=None))
        self._listener = Listener(cancelled=preparer.cancelled)
        self._pool = Pool(MODULE, processes)
        self._alone = threading.Lock()

    def __call__(self, row: Row, items: Sequence[Item]) -> list[Ready]:
        """The requests of one row; what is wrong with it becomes their error. Blocks: call it from a thread.

        Raises PreparationCancelled.
        """
        if not row.files or row.error:
            return self._preparer(row, items)
        try:
            return ready_of(items, self._pool.run(JOB, (self._pickled, row, items), _LIMITS, self._listener))
        except TookTooMuchMemory:
            with self._alone:
                return self._preparer(row, items)
        except TookTooLong:
            error = _("Preparing it takes too long")
        except WorkerDied as death:
            error = _("Preparing it went wrong ({reason})").format(reason=death)
        except MinicpmTuiError as refusal:
            error = str(refusal)
        return [Ready(item, error=error) for item in items]

    def close(self) -> None:
        """End the processes."""
        self._pool.close()
