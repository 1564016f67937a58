"""Copying to the clipboard of the user's own terminal: OSC 52, wrapped so that tmux and screen let it through."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping

LIMIT = 1_000_000
"""Bytes of text; many terminals take less, none takes more."""
_SCREEN_PIECE = 700  # bytes of one screen DCS string; screen drops longer ones (768 with its own header)


def sequence(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """What to write to the terminal so that ``text`` lands on its clipboard.

    tmux gets both its passthrough (needs ``allow-passthrough on``) and the bare sequence (``set-clipboard on`` takes that).
    """
    payload = base64.b64encode(text.encode("utf-8", errors="replace")).decode()
    bare = f"\x1b]52;c;{payload}\x07"
    if environ.get("TMUX"):
        inner = bare.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{inner}\x1b\\{bare}"
    if environ.get("STY") or environ.get("TERM", "").startswith("screen"):
        return "".join(f"\x1bP{piece}\x1b\\" for piece in _pieces(bare))
    return bare


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), _SCREEN_PIECE):
        yield text[start : start + _SCREEN_PIECE]


def too_long(text: str) -> bool:
    """True when no terminal would take it."""
    return len(text.encode("utf-8", errors="replace")) > LIMIT
