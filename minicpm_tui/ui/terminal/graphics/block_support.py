"""Which block symbols a terminal draws itself, whatever its font has, by the name and version that it tells.

A terminal tells them when it is asked (XTVERSION, https://invisible-island.net/xterm/ctlseqs/ctlseqs.html), or its version alone
(VTE, as the device attributes of the second kind); tmux knows what the terminal behind it told. Octants: the survey in
https://github.com/breferrari/vigia/issues/324 (foot 1.20, kitty 0.40, Ghostty 1.2, VTE 0.78; Konsole has not even sextants).
Sextants: the same terminals before, WezTerm, Alacritty (https://github.com/alacritty/alacritty/pull/7534); of VTE only what is
not older than 0.70.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Mapping

from minicpm_tui.ui.terminal.graphics.symbols import Blocks
from minicpm_tui.ui.terminal.multiplexer import inside_tmux

VERSION_QUESTION = "\x1b[>q\x1b[>c"
_NAME = re.compile(r"\x1bP>\|([^\x1b]*)\x1b\\")
_VTE = re.compile(r"\x1b\[>65;(\d+);\d+c")
_SEXTANTS = ("foot", "kitty", "ghostty", "wezterm", "alacritty")
_OCTANTS = {"foot": (1, 20), "kitty": (0, 40), "ghostty": (1, 2)}
_VTE_SEXTANTS, _VTE_OCTANTS = 7000, 7800
_TMUX_SECONDS = 0.3


def best_blocks(answers: bytes, environ: Mapping[str, str], behind: str = "") -> Blocks:
    """The finest symbols that the terminal which gave ``answers`` is known to draw; quadrants, which fonts have, when in doubt.

    ``behind`` is the name of the terminal behind tmux. The console of Linux has the few symbols of its font.
    """
    if environ.get("TERM", "") in {"linux", "dumb", ""}:
        return "half"
    text = answers.decode("ascii", "replace")
    if inside_tmux(environ):
        return _of_name(behind.lower(), "")
    if vte := _VTE.search(text):
        return _of_vte(int(vte.group(1)))
    if (number := environ.get("VTE_VERSION", "")).isdigit():
        return _of_vte(int(number))
    told = _NAME.search(text)
    return _of_name(told.group(1).lower() if told else "", _names(environ))


def _names(environ: Mapping[str, str]) -> str:
    return f"{environ.get('TERM', '')} {environ.get('TERM_PROGRAM', '')}".lower()


def _of_vte(number: int) -> Blocks:
    return "octants" if number >= _VTE_OCTANTS else "sextants" if number >= _VTE_SEXTANTS else "quadrants"


def _of_name(told: str, names: str) -> Blocks:
    """By what it told (``foot(1.20.2)``), else by its name alone."""
    if vte := re.search(r"vte\((\d+)\)", told):
        return _of_vte(int(vte.group(1)))
    for name, (major, minor) in _OCTANTS.items():
        version = re.search(rf"{name}\W+(\d+)\.(\d+)", told)
        if version and (int(version.group(1)), int(version.group(2))) >= (major, minor):
            return "octants"
    return "sextants" if any(name in told or name in names for name in _SEXTANTS) else "quadrants"


class BehindTmux:
    """Asks tmux, where the program runs in it, what the terminal behind it is; the answer comes while other things are done."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._process = None
        if inside_tmux(environ):
            command = ["tmux", "display-message", "-p", "#{client_termtype} #{client_termname}"]
            with contextlib.suppress(OSError):
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
                )

    def name(self) -> str:
        """What it told of itself, and its TERM; empty when tmux does not say in time."""
        if self._process is None:
            return ""
        try:
            return self._process.communicate(timeout=_TMUX_SECONDS)[0].strip()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            return ""
