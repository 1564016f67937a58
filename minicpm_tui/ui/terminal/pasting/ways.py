"""How a picture on the clipboard of the user's own machine can get here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from minicpm_tui.ui.terminal.multiplexer import inside_screen, inside_tmux

Way = Literal["paste", "ask", "multiplexer", "none"]
"""How a picture on the clipboard gets here: by a paste, by asking the terminal, or not at all (in tmux, in screen, elsewhere)."""
QUESTION = "\x1b[?5522$p"
"""Asks whether the terminal tells of pastes."""
_SUPPORT = re.compile(r"\x1b\[\?5522;([12])\$y")
"""The mode can be set (DECRPM, https://vt100.net/docs/vt510-rm/DECRPM.html); 0 and 4 are no."""


def supported(answers: str) -> bool:
    """Whether ``answers`` of the terminal say that it tells of pastes."""
    return _SUPPORT.search(answers) is not None


def way_in(environ: Mapping[str, str]) -> Way:
    """What the environment tells before the terminal does."""
    if inside_tmux(environ) or inside_screen(environ):
        return "multiplexer"  # the terminal's answers find no way back
    return "ask" if "KITTY_WINDOW_ID" in environ or "kitty" in environ.get("TERM", "") else "none"
