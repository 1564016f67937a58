"""Whether the line to the user's terminal is slow: the setting, else how long the terminal takes to answer over ssh."""

from __future__ import annotations

import math
import os
import select
import threading
import time
from collections.abc import Mapping

SLOW_SECONDS = 0.1
"""A round trip that is longer is a slow line: a mobile network, another continent."""

_SSH = ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")


class RoundTrip:
    """Measures from now on until there is something to read at ``handle``; reads nothing. Gives up after ``timeout`` seconds."""

    def __init__(self, handle: int, timeout: float) -> None:
        self._asked = time.monotonic()
        self._seconds = math.inf
        self._thread = threading.Thread(target=self._wait, args=(os.dup(handle), timeout), daemon=True)
        self._thread.start()

    def _wait(self, handle: int, timeout: float) -> None:
        try:
            if select.select([handle], [], [], timeout)[0]:
                self._seconds = time.monotonic() - self._asked
        finally:
            os.close(handle)

    @property
    def seconds(self) -> float:
        """How long it took; infinite when nothing came. Waits for that."""
        self._thread.join()
        return self._seconds


def is_slow(wanted: str, round_trip: float, environ: Mapping[str, str]) -> bool:
    """``wanted`` is the setting: ``yes``, ``no``, or ``auto``, for which ``round_trip`` seconds count where ssh is used."""
    if wanted != "auto":
        return wanted == "yes"
    return round_trip > SLOW_SECONDS and over_ssh(environ)


def over_ssh(environ: Mapping[str, str]) -> bool:
    """Whether there is a line: on the machine itself an answer that takes long tells of a busy machine."""
    return any(name in environ for name in _SSH)
