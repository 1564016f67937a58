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

from minicpm_tui.errors import MediaError
from minicpm_tui.i18n import set_language
from minicpm_tui.media.workers.channel import Call, Channel, Done, Message, OutOfMemory, Progress, Refused, Unexpected
from minicpm_tui.media.workers.limits import resident, restrict

_BEAT_SECONDS = 1.0

Beat = Callable[[float], None]
"""Says how much is done, from 0 to 1, or -1 that it goes on."""
Job = Callable[..., Sequence[bytes]]
"""Takes what was sent and, last, a ``Beat``; what it makes is sent back. Raises MediaError."""

_at_work = False


def at_work() -> bool:
    """This process is a worker: what it is told to do, it does itself."""
    return _at_work


def serve(jobs: Mapping[str, Job]) -> None:
    """Do what is asked for until nobody can ask any more."""
    global _at_work
    _at_work = True
    _end_with_the_program()
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    with contextlib.suppress(EOFError, OSError):
        while True:
            call, [argument] = channel.receive()
            if isinstance(call, Call):
                channel.send(*_answer(jobs[call.job], call, argument, channel))


def _answer(job: Job, call: Call, argument: bytes, channel: Channel) -> tuple[Message, Sequence[bytes]]:
    last = time.monotonic()

    def beat(fraction: float) -> None:
        nonlocal last
        if fraction >= 0 or time.monotonic() - last > _BEAT_SECONDS:
            channel.send(Progress(fraction))
            last = time.monotonic()

    set_language(call.language)
    restrict(call.memory)
    try:
        made = job(*pickle.loads(argument), beat)  # noqa: S301  by the program that started us
    except Exception as error:  # noqa: BLE001  whatever a decoder does with a hostile file costs this file alone
        if _is_about_memory(error):
            return OutOfMemory(), ()
        if isinstance(error, MediaError):
            return Refused(error.info, resident()), ()
        return Unexpected(f"{type(error).__name__}: {error}"), ()
    return Done(resident()), made


def _is_about_memory(error: BaseException | None) -> bool:
    """Decoders say it in several ways, and our own errors have theirs as their cause."""
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
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
