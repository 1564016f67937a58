"""Notices that the terminal is gone: no SIGHUP reaches a program that the terminal does not control.

Textual's writing thread dies with the terminal; once its queue is full the event loop waits for ever, and the reading thread
spins. Everything that had arrived is in the journal by then.
"""

from __future__ import annotations

import os
import signal
import termios
import threading
import time

LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
"""So long the app may take to close by itself."""


def watch(handle: int) -> None:
    """Look after the terminal at file descriptor ``handle``, in a thread that ends with the program."""
    threading.Thread(target=_watch, args=(handle,), name="hangup", daemon=True).start()


def terminal_gone(handle: int) -> bool:
    """The terminal at ``handle`` was closed, or its connection broke off: there is nothing to restore."""
    try:
        termios.tcgetattr(handle)
    except termios.error:
        return True
    return False


def _watch(handle: int) -> None:
    while not terminal_gone(handle):
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGHUP)
    time.sleep(PATIENCE_SECONDS)
    os._exit(128 + signal.SIGHUP)
