"""Jobs for the tests of the workers: ``python -m tests.media.workers.jobs``, as a worker runs it."""

from __future__ import annotations

import mmap
import os
import signal
import sys
import time
from pathlib import Path

from minicpm_tui.errors import MediaDamaged
from minicpm_tui.media.workers.child import Job, Reporter, serve


def echo(reporter: Reporter, data: bytes, times: int) -> list[bytes]:
    return [data] * times


def own_pid(reporter: Reporter) -> list[bytes]:
    return [str(os.getpid()).encode()]


def refuse(reporter: Reporter) -> list[bytes]:
    raise MediaDamaged("a.jpg", hint="look at it")


def trip(reporter: Reporter) -> list[bytes]:
    return [str(1 // 0).encode()]


def take(reporter: Reporter, count: int) -> list[bytes]:
    return [str(len(bytearray(count))).encode()]


def hold(reporter: Reporter, count: int) -> list[bytes]:
    """Memory that is never given back."""
    _HELD.append(b"x" * count)
    return []


def brittle(reporter: Reporter, count: int, manner: str) -> list[bytes]:
    """As decoders are where an allocation fails: the file is called damaged, or the process crashes. What there is is kept."""
    try:
        _HELD.append(b"x" * count)
    except MemoryError:
        if manner == "crash":
            os.abort()
        raise MediaDamaged("a.jpg") from None
    time.sleep(120)
    return []


def lame(reporter: Reporter, count: int) -> list[bytes]:
    """As a process in which a library could not be loaded: every file is damaged from then on."""
    if not _HELD:
        try:
            return reserve(reporter, count)
        except MediaDamaged:
            _HELD.append(b"")
    raise MediaDamaged("a.jpg")


def reserve(reporter: Reporter, count: int) -> list[bytes]:
    """Memory that is asked for and never written, as stacks of threads are."""
    try:
        with mmap.mmap(-1, count, flags=mmap.MAP_PRIVATE) as memory:
            return [str(len(memory)).encode()]
    except OSError:
        raise MediaDamaged("a.jpg") from None


def be_killed(reporter: Reporter) -> list[bytes]:
    """By somebody else, as it were."""
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def hang(reporter: Reporter, path: str) -> list[bytes]:
    """Inside C, where no Python runs, and deaf to what can be ignored."""
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    Path(path).write_text(str(os.getpid()), "ascii")
    return [str(sum(range(10**12))).encode()]


def die(reporter: Reporter) -> list[bytes]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return []


def stammer(reporter: Reporter) -> list[bytes]:
    """Something that is no message, on the socket itself."""
    os.write(int(sys.argv[1]), b"\xff" * 64)
    return []


def step(reporter: Reporter, count: int, seconds: float) -> list[bytes]:
    for number in range(count):
        time.sleep(seconds)
        reporter.progress((number + 1) / count)
    return []


_HELD: list[bytes] = []

if __name__ == "__main__":
    jobs: tuple[Job, ...] = (echo, own_pid, refuse, trip, take, hold, brittle, lame, reserve, be_killed, hang, die, stammer, step)
    serve({job.__name__: job for job in jobs})
