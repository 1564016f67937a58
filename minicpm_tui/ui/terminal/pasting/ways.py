"""How a picture or a file of the user's own machine can get here through the terminal, and what it is asked about that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from minicpm_tui.ui.terminal.multiplexer import inside_screen, inside_tmux

Way = Literal["paste", "ask", "multiplexer", "none"]
"""How a picture on the clipboard gets here: by a paste, by asking the terminal, or not at all (in tmux, in screen, elsewhere)."""
DROP = "72"
"""The number of what is about drops (OSC 72)."""
DROPS_ANSWERED = f"\x1b]{DROP};t=q"
"""What the answer of a terminal that hands over drops begins with."""
QUESTION = f"\x1b[?5522$p{DROPS_ANSWERED}\x1b\\"
"""Asks whether the terminal tells of pastes, and whether it hands over drops; one that does not says nothing of these."""
PASTE_EVENTS = ("\x1b[?5522h", "\x1b[?5522l")
"""Switches them on and off."""
_DROP_TYPES = "text/uri-list image/png image/jpeg image/webp text/plain"
_MACHINE_KEY = b"tty-dnd-protocol-machine-id"
_SUPPORT = re.compile(r"\x1b\[\?5522;([12])\$y")
"""The mode can be set (DECRPM, https://vt100.net/docs/vt510-rm/DECRPM.html); 0 and 4 are no."""


def supported(answers: str) -> bool:
    """Whether ``answers`` of the terminal say that it tells of pastes."""
    return _SUPPORT.search(answers) is not None


def takes_drops(answers: str) -> bool:
    """Whether ``answers`` of the terminal say that it hands over what is dropped."""
    return DROPS_ANSWERED in answers


def drops(machine_file: Path = Path("/etc/machine-id")) -> tuple[str, str]:
    """Switches drops on and off (blocks). ``machine_file`` tells the terminal whether the files are on its own machine.

    A container without one is a machine of its own. Source: https://sw.kovidgoyal.net/kitty/dnd-protocol/#machine-id
    """
    import hmac
    import secrets

    try:
        machine = machine_file.read_bytes().rstrip()
    except OSError:
        machine = b""
    digest = hmac.new(_MACHINE_KEY, machine or secrets.token_bytes(16), "sha256").hexdigest()
    return f"\x1b]72;t=a;{_DROP_TYPES}\x1b\\\x1b]72;t=a:x=1;1:{digest}\x1b\\", "\x1b]72;t=A\x1b\\"


def way_in(environ: Mapping[str, str]) -> Way:
    """What the environment tells before the terminal does."""
    if inside_tmux(environ) or inside_screen(environ):
        return "multiplexer"  # the terminal's answers find no way back
    return "ask" if "KITTY_WINDOW_ID" in environ or "kitty" in environ.get("TERM", "") else "none"
