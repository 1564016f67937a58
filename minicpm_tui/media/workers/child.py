"""What runs in a worker: it takes one job after another from its socket, and ends with the program.

Standard input is a pipe to which nobody writes. Its other end is the program's alone, so that it closes when the program ends,
however it ends. The kernel then sends SIGIO, which kills even where a decoder never comes back to Python (fcntl(2), O_ASYNC).
PR_SET_PDEATHSIG would kill as soon as the *thread* ends that started the worker (prctl(2)).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pickle
import select
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import set_language
from minicpm_tui.media.workers.channel import (
    Call,
    Channel,
    Done,
    Message,
    OutOfMemory,
    Progress,
    Ready,
    Refused,
    Told,
    Unexpected,
)
from minicpm_tui.media.workers.limits import resident, restrict
from minicpm_tui.media.workers.place import begin_work

_BEAT_SECONDS = 1.0
_OUT_OF_MEMORY = ("out of memory", "failed to map segment", "cannot allocate memory")
"""libavif's RuntimeError, and the dynamic linker's words in an ImportError."""

Job = Callable[..., Sequence[bytes]]
"""Takes a ``Reporter`` and what was sent; what it makes is sent back. Raises MinicpmTuiError."""


class Reporter:
    """How a job says that it gets on."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._last = time.monotonic()

    def progress(self, fraction: float) -> None:
        """So much is done, from 0 to 1."""
        self._channel.send(Progress(fraction))
        self._last = time.monotonic()

    def alive(self) -> bool:
        """Says now and then that it goes on. False, as the answer to whether it is no longer wanted: then it is killed."""
        if time.monotonic() - self._last > _BEAT_SECONDS:
            self.progress(-1)
        return False

    def tell(self, piece: bytes) -> None:
        """Sends what is known before all is done."""
        self._channel.send(Told(), (piece,))


def serve(jobs: Mapping[str, Job]) -> None:
    """Do what is asked for until nobody can ask any more."""
    begin_work()
    _end_with_the_program()
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    with contextlib.suppress(EOFError, OSError):
        channel.send(Ready())
        while True:
            call, [argument] = channel.receive()
            if isinstance(call, Call):
                channel.send(*_answer(jobs[call.job], call, argument, channel))


def _answer(job: Job, call: Call, argument: bytes, channel: Channel) -> tuple[Message, Sequence[bytes]]:
    set_language(call.language)
    restrict(call.memory)
    try:
        made = job(Reporter(channel), *pickle.loads(argument))  # noqa: S301  by the program that started us
    except Exception as error:  # noqa: BLE001  whatever a decoder does with a hostile file costs this file alone
        if _is_about_memory(error):
            return OutOfMemory(), ()
        if isinstance(error, MinicpmTuiError):
            return Refused(error.info, resident()), ()
        return Unexpected(f"{type(error).__name__}: {error}"), ()
    return Done(resident()), made


def _is_about_memory(error: BaseException | None) -> bool:
    """Decoders say it in several ways, and our own errors have theirs as their cause."""
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
            return True
        if any(words in str(error).lower() for words in _OUT_OF_MEMORY):
            return True
        error = error.__cause__
    return False


def _end_with_the_program() -> None:
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([0], [], [], 0)[0]:  # it was over before we listened
        os._exit(0)
    with contextlib.suppress(OSError):  # where memory runs out, it is we who go
        Path("/proc/self/oom_score_adj").write_text("800", "ascii")
