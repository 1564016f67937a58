"""The one way in which the shell's commands speak to the user beside their results."""

from __future__ import annotations

import sys

from minicpm_tui.text import printable


def warn(text: object) -> None:
    """``text`` (a MinicpmTuiError says its own line) as one line on stderr, behind the program's name.

    Names of files and a server's words cannot steer the terminal from it.
    """
    print("minicpm-tui:", " ".join(printable(str(text)).splitlines()), file=sys.stderr, flush=True)
