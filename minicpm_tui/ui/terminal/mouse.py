"""Giving the mouse back to the terminal, so that its own selection works."""

from __future__ import annotations

from typing import Any

from textual.app import App

from minicpm_tui.ui.terminal.private import driver_of

# Textual's own sequences (drivers/linux_driver.py); it has no public way to switch them while running.
_ON = "\x1b[?1000h\x1b[?1003h\x1b[?1015h\x1b[?1006h"
_OFF = "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"


def write(app: App[Any], sequence: str) -> bool:
    """Write ``sequence`` to the terminal as it is; False where there is none."""
    driver = driver_of(app)  # Textual has no public way to write a sequence
    if driver is None:
        return False
    driver.write(sequence)
    driver.flush()
    return True


def capture(app: App[Any], *, captured: bool) -> None:
    """Take the mouse, or leave it to the terminal."""
    write(app, _ON if captured else _OFF)
