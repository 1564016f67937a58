"""Requests in, messages out: what the scripts here share. Runs under Python 3.9 with the standard library alone."""

from __future__ import annotations

import collections
import contextlib
import ctypes
import json
import os
import queue
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # this file also runs under Python 3.9
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future, ThreadPoolExecutor

    Json = dict[str, Any]
    Request = tuple[int, Json]
    Source = Callable[[bool], Request | None]
    Report = Callable[[Json], None]

QUEUED_BYTES = 256 * 1024 * 1024
"""So much of the requests that come next is read while others are answered."""
LOADED_AHEAD = 16
"""Requests whose pictures lie decoded: one of 12 megapixels takes 36 MB."""


class Requests:
    """Reads requests ahead in a thread, up to ``QUEUED_BYTES``."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._queue: queue.Queue[bytes | None] = queue.Queue()
        self._room = threading.Condition()
        self._bytes = 0
        self._over = False
        threading.Thread(target=self._read, daemon=True).start()

    def __call__(self, wait: bool) -> Request | None:
        if self._over:
            return None
        try:
            line = self._queue.get(block=wait)
        except queue.Empty:
            return None
        if line is None:
            self._over = True
            return None
        with self._room:
            self._bytes -= len(line)
            self._room.notify()
        request = json.loads(line)
        return request["number"], request["body"]

    def _read(self) -> None:
        for line in self._lines:
            with self._room:
                self._room.wait_for(lambda: self._bytes < QUEUED_BYTES)
                self._bytes += len(line)
            self._queue.put(line)
        self._queue.put(None)


class LoadedAhead:
    """A source whose next requests get their pictures in threads of ``pool``; what cannot be loaded is reported and left out."""

    def __init__(self, source: Source, load: Callable[[Json], Json], pool: ThreadPoolExecutor, report: Report) -> None:
        self._source = source
        self._load = load
        self._pool = pool
        self._report = report
        self._coming: collections.deque[tuple[int, Future[Json]]] = collections.deque()

    def __call__(self, wait: bool) -> Request | None:
        while True:
            self._fill(wait)
            if not self._coming or not (wait or self._coming[0][1].done()):
                return None
            number, loading = self._coming.popleft()
            try:
                return number, loading.result()
            except Exception as error:  # noqa: BLE001 - a bad picture must not end the others
                self._report({"number": number, "error": line_of(error)})

    def _fill(self, wait: bool) -> None:
        while len(self._coming) < LOADED_AHEAD:
            request = self._source(wait and not self._coming)
            if request is None:
                return
            number, body = request
            self._coming.append((number, self._pool.submit(self._load, body)))


def reporter(descriptor: int) -> Report:
    """Writes messages to the file descriptor that the other end gave."""
    results = os.fdopen(descriptor, "wb", buffering=0)

    def report(message: Json) -> None:
        try:
            results.write(json.dumps(message).encode() + b"\n")
        except BrokenPipeError:  # whoever asked is gone
            os._exit(1)

    return report


def die_with_parent() -> None:
    """When the program that started this one dies, so does this (Linux); and SIGTERM ends it in order, with its engine."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def line_of(error: BaseException) -> str:
    """Its class and text as one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:1000]
