"""One worker as the program sees it."""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import minicpm_tui
from minicpm_tui.errors import MediaDamaged, MediaError, MediaNotFound, MediaTooLarge, MediaUnsupported
from minicpm_tui.i18n import language
from minicpm_tui.media.spec import Cancelled, PreparationCancelled, Progress
from minicpm_tui.media.workers import channel as wire
from minicpm_tui.media.workers.limits import Limits, held_by

GLANCE_SECONDS = 0.1
"""Between looks whether it is still wanted."""

_WATCH_SECONDS = 0.02
"""Between looks at what it holds: zeroing pages, the kernel hands out less than 100 MB in that time."""

_PATIENCE_SECONDS = 20

_ERRORS = {kind.kind: kind for kind in (MediaError, MediaNotFound, MediaUnsupported, MediaDamaged, MediaTooLarge)}
_ROOT = str(Path(minicpm_tui.__file__).parent.parent)


@dataclass(frozen=True)
class Listener:
    """Who has a job done, called from the thread that waits for it: ``progress`` and ``cancelled`` as for preparing; ``told``
    with what the job tells before it is done."""

    progress: Progress | None = None
    cancelled: Cancelled | None = None
    told: Callable[[bytes], None] | None = None

    def stop_if_cancelled(self) -> None:
        """Raises PreparationCancelled when it is no longer wanted."""
        if self.cancelled and self.cancelled():
            raise PreparationCancelled

    def hear(self, message: wire.Message, pieces: Sequence[bytes]) -> bool:
        """Passes ``message`` on; False for one that is the outcome."""
        if isinstance(message, wire.Told):
            if self.told:
                self.told(pieces[0])
            return True
        if not isinstance(message, wire.Progress):
            return False
        if self.progress and message.fraction >= 0:
            self.progress(message.fraction)
        return True


NOBODY = Listener()


class WorkerFailed(Exception):
    """A job was not done, and not because its file said so."""


class TookTooMuchMemory(WorkerFailed):
    """It would have taken more memory than it may."""


class SystemKilledIt(TookTooMuchMemory):
    """The system killed it, as the kernel and programs that watch over memory do where that runs out."""


class NotStarted(WorkerFailed):
    """The process ended before it could take a job; the text says how."""


class TookTooLong(WorkerFailed):
    """It was killed: it took longer than it may."""


class WorkerDied(WorkerFailed):
    """The process ended, or went astray, in the midst of it; the text says how."""


class Worker:
    """A process that runs ``python -m module``. Not for several threads at once. Raises OSError where none can be started."""

    def __init__(self, module: str) -> None:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                command = [sys.executable, "-P", "-m", module, str(theirs.fileno())]
                path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH", ""))))
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # C libraries write there
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,  # Ctrl-C and Ctrl-Z are for the program
                    env={**os.environ, "PYTHONPATH": path, "MALLOC_ARENA_MAX": "2"},
                )
        except BaseException:
            ours.close()
            raise
        self._channel = wire.Channel(ours, patience=_PATIENCE_SECONDS)
        self._ready = False
        self.resident = 0
        self.idle_since = 0.0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """The process is there."""
        return self._process.poll() is None

    def call(self, job: str, arguments: tuple[Any, ...], limits: Limits, listener: Listener) -> list[bytes]:
        """What ``job`` makes of ``arguments``. Blocks.

        Raises MediaError as the job does; PreparationCancelled; WorkerFailed. But after a MediaError, the worker must be ended.
        """
        try:
            memory = None if limits.watched else limits.memory
            self._channel.send(wire.Call(job, memory, language()), (pickle.dumps(arguments),))
            return self._outcome(limits, listener)
        except ValueError as error:
            self.end()
            raise WorkerDied(_manner(self._process.returncode)) from error
        except (EOFError, OSError) as error:
            raise self._death() from error

    def end(self) -> None:
        """Kill and bury it."""
        self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        self._channel.close()

    def _outcome(self, limits: Limits, listener: Listener) -> list[bytes]:
        wait = select.poll()
        wait.register(self._channel, select.POLLIN)
        glance = (_WATCH_SECONDS if limits.watched else GLANCE_SECONDS) * 1000
        began = heard = time.monotonic()
        while True:
            if wait.poll(glance):
                message, pieces = self._channel.receive()
                self._ready = True
                if not isinstance(message, wire.Ready) and not listener.hear(message, pieces):
                    return self._result(message, pieces)
                heard = time.monotonic()
            now = time.monotonic()
            listener.stop_if_cancelled()
            if limits.watched and held_by(self.pid) > limits.memory:
                raise TookTooMuchMemory
            if now - heard > limits.silent or now - began > limits.seconds:
                raise TookTooLong

    def _death(self) -> WorkerFailed:
        """What has become of the process, which hangs up."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.wait(_PATIENCE_SECONDS) == -signal.SIGKILL:
                return SystemKilledIt()
        self.end()
        manner = _manner(self._process.returncode)
        return WorkerDied(manner) if self._ready else NotStarted(manner)

    def _result(self, message: wire.Message, pieces: list[bytes]) -> list[bytes]:
        match message:
            case wire.Done(resident):
                self.resident = resident
                return pieces
            case wire.Refused(error, resident):
                self.resident = resident
                raise _ERRORS.get(error.kind, MediaError)(error.message, title=error.title, hint=error.hint)
            case wire.OutOfMemory():
                raise TookTooMuchMemory
            case wire.Unexpected(text):
                raise WorkerDied(text)
            case _:
                raise ValueError(message)


def _manner(status: int) -> str:
    """How a process ended, for people: the name of a signal, or its exit status."""
    return signal.Signals(-status).name if -status in set(signal.Signals) else str(status)
