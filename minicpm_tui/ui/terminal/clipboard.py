"""Copying to the clipboard of the user's own terminal: OSC 52, wrapped so that tmux and screen let it through."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping

from minicpm_tui.ui.terminal.multiplexer import inside_screen, inside_tmux, through_screen, through_tmux

_CLIPBOARD = 52
_KNOWN = ("kitty", "ghostty", "foot", "alacritty", "wezterm")

LIMIT = 1_000_000
"""Bytes of text; many terminals take less, none takes more."""


def sequence(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """What to write to the terminal so that ``text`` lands on its clipboard.

    tmux gets both its passthrough (needs ``allow-passthrough on``) and the bare sequence (``set-clipboard on`` takes that).
    """
    payload = base64.b64encode(text.encode("utf-8", errors="replace")).decode()
    bare = f"\x1b]52;c;{payload}\x07"
    if inside_tmux(environ):
        return through_tmux(bare) + bare
    if inside_screen(environ) or environ.get("TERM", "").startswith("screen"):
        return through_screen(bare)
    return bare


def takes_copies(environ: Mapping[str, str] = os.environ, attributes: frozenset[int] = frozenset()) -> bool:
    """The terminal is known to put what is copied on its clipboard, unless its user forbids it.

    ``attributes`` are its device attributes; 52 among them says so (contour, foot, ghostty, kitty). tmux and screen pass copies
    on only when told to, xterm and iTerm2 take none before they are told to, others know nothing of it: nobody answers.
    """
    if inside_tmux(environ) or inside_screen(environ):
        return False
    name = f"{environ.get('TERM', '')} {environ.get('TERM_PROGRAM', '')}".lower()
    return _CLIPBOARD in attributes or any(known in name for known in _KNOWN)


def too_long(text: str) -> bool:
    """True when no terminal would take it."""
    return len(text.encode("utf-8", errors="replace")) > LIMIT
