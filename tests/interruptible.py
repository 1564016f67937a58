"""Programs that hear SIGINT, whatever started the tests."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_LISTEN = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"


def interruptible(argv: Sequence[str]) -> list[str]:
    """``argv``, a path and its arguments, heeding SIGINT: a shell's background jobs ignore it, and what they start does."""
    return [sys.executable, "-c", _LISTEN, *argv]
