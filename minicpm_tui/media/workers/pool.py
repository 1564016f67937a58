"""Workers that are started when there is work, kept while there is more, and ended after a minute without."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from minicpm_tui.errors import MediaDamaged, MediaError, MediaUnsupported
from minicpm_tui.i18n import _
from minicpm_tui.media.workers.limits import MIB, Limits
from minicpm_tui.media.workers.worker import GLANCE_SECONDS, NOBODY, Listener, NotStarted, Worker, WorkerDied

IDLE_SECONDS = 60.0
MOST_RESIDENT = 160 * MIB
"""A worker that holds more after a job is ended: what a decoder has taken it seldom gives back."""
_DOUBTFUL = (MediaDamaged, MediaUnsupported)
"""What a decoder may say where an allocation failed."""


class Pool:
    """At most ``most`` processes that run ``python -m module``, started by and for the threads that call ``run``."""

    def __init__(self, module: str, most: int, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._module = module
        self._most = most
        self._idle_seconds = idle_seconds
        self._changed = threading.Condition()
        self._idle: list[Worker] = []
        self._count = 0
        self._closed = False
        self._watching = False

    @property
    def pids(self) -> list[int]:
        """The processes that wait for work."""
        with self._changed:
            return [worker.pid for worker in self._idle]

    def run(self, job: str, arguments: tuple[Any, ...], limits: Limits, listener: Listener = NOBODY) -> list[bytes]:
        """What ``job`` makes of ``arguments``, which are pickled, in the next worker that is free. Blocks.

        A worker that dies, hangs or is no longer wanted costs this call alone; the next has another. Where an allocation fails
        many decoders call the file damaged, and some crash: what ends so is done once more with as much memory as it takes, and
        killed when it holds more than it may: in another worker, since a library that could not be loaded is gone for good.
        Raises WorkerFailed, PreparationCancelled, MediaError as the job does, or where no process can be started.
        """
        try:
            return self._run(job, arguments, limits, listener)
        except (*_DOUBTFUL, WorkerDied):
            return self._run(job, arguments, replace(limits, watched=True), listener)

    def _run(self, job: str, arguments: tuple[Any, ...], limits: Limits, listener: Listener) -> list[bytes]:
        try:
            with self._worker(limits, listener) as worker:
                return worker.call(job, arguments, limits, listener)
        except NotStarted as error:
            raise _no_process(_("it ended as it started ({manner}): memory may be short").format(manner=error)) from error

    def close(self) -> None:
        """End all that wait, and what is at work when it is done."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            self._count -= len(idle)
            self._changed.notify_all()
        for worker in idle:
            worker.end()

    @contextlib.contextmanager
    def _worker(self, limits: Limits, listener: Listener) -> Iterator[Worker]:
        worker = self._take(listener)
        fit = False
        try:
            worker = worker or self._started()
            try:
                yield worker
                fit = True
            except MediaError as error:
                fit = limits.watched or not isinstance(error, _DOUBTFUL)
                raise
        finally:
            self._give(worker, fit=fit)

    def _take(self, listener: Listener) -> Worker | None:
        """One that waits, None where another may be started."""
        with self._changed:
            while True:
                while self._idle:
                    if (worker := self._idle.pop()).alive:
                        return worker
                    self._count -= 1
                    worker.end()
                if self._count < self._most:
                    self._count += 1
                    return None
                self._changed.wait(GLANCE_SECONDS)
                listener.stop_if_cancelled()

    def _started(self) -> Worker:
        try:
            return Worker(self._module)
        except OSError as error:
            raise _no_process(error.strerror or str(error)) from error

    def _give(self, worker: Worker | None, *, fit: bool) -> None:
        with self._changed:
            keep = worker is not None and fit and not self._closed and worker.resident < MOST_RESIDENT
            if worker is not None and keep:
                worker.idle_since = time.monotonic()
                self._idle.append(worker)
                self._watch()
            else:
                self._count -= 1
            self._changed.notify()
        if worker is not None and not keep:
            worker.end()

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            threading.Thread(target=self._end_idle, name="idle workers", daemon=True).start()

    def _end_idle(self) -> None:
        """In a thread of its own, until none is left."""
        while self._watching:
            with self._changed:
                now = time.monotonic()
                old = [worker for worker in self._idle if now - worker.idle_since >= self._idle_seconds or not worker.alive]
                self._idle = [worker for worker in self._idle if worker not in old]
                self._count -= len(old)
                self._watching = bool(self._idle)
                pause = min((worker.idle_since + self._idle_seconds - now for worker in self._idle), default=0.0)
            for worker in old:
                worker.end()
            time.sleep(pause)


def _no_process(why: str) -> MediaError:
    title, hint = _("No process can be started to read files"), _("end other programs, or raise the limits (ulimit -u, -v)")
    return MediaError(why, title=title, hint=hint)
