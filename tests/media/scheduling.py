"""What an encoder does to the scheduling of the process that runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def scheduling_kept() -> Iterator[None]:
    """The thread is scheduled as before once the block has ended, whatever an encoder in it asked for.

    SVT-AV1 makes the thread that opens it SCHED_FIFO with priority 99 when root runs it, and so is all that this thread starts
    later (``findings/svt-av1-realtime.sh``): two such test runs on two cores left nothing for the servers that they wait for.
    """
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)
