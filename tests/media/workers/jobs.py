"""Jobs for the tests of the workers: ``python -m tests.media.workers.jobs``, as a worker runs it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from minicpm_tui.errors import MediaDamaged
from minicpm_tui.media.workers.child import Beat, Job, serve


def echo(data: bytes, times: int, beat: Beat) -> list[bytes]:
    return [data] * times


def own_pid(beat: Beat) -> list[bytes]:
    return [str(os.getpid()).encode()]


def refuse(beat: Beat) -> list[bytes]:
    raise MediaDamaged("a.jpg", hint="look at it")


def trip(beat: Beat) -> list[bytes]:
    return [str(1 // 0).encode()]


def take(count: int, beat: Beat) -> list[bytes]:
    return [str(len(bytearray(count))).encode()]


def hold(count: int, beat: Beat) -> list[bytes]:
    """Memory that is never given back."""
    _HELD.append(b"x" * count)
    return []


def hang(path: str, beat: Beat) -> list[bytes]:
    """Inside C, where no Python runs, and deaf to what can be ignored."""
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    Path(path).write_text(str(os.getpid()), "ascii")
    return [str(sum(range(10**12))).encode()]


def die(beat: Beat) -> list[bytes]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return []


def stammer(beat: Beat) -> list[bytes]:
    """Something that is no message, on the socket itself."""
    os.write(int(sys.argv[1]), b"\xff" * 64)
    return []


def step(count: int, seconds: float, beat: Beat) -> list[bytes]:
    for number in range(count):
        time.sleep(seconds)
        beat((number + 1) / count)
    return []


_HELD: list[bytes] = []

if __name__ == "__main__":
    jobs: tuple[Job, ...] = (echo, own_pid, refuse, trip, take, hold, hang, die, stammer, step)
    serve({job.__name__: job for job in jobs})
