"""What the terminal in front of the user can do, in one line for ``doctor``."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console

from minicpm_tui.i18n import N_, _
from minicpm_tui.ui.terminal.graphics.query import Graphics, Query, speaks_osc
from minicpm_tui.ui.terminal.multiplexer import inside_screen, inside_tmux
from minicpm_tui.ui.terminal.pasting.ways import QUESTION, Way, supported, takes_drops, way_in

TIMEOUT = 2.0
"""Seconds that a terminal may take to answer."""
_COLOURS = {"truecolor": N_("16 M colours"), "256": N_("256 colours"), "standard": N_("16 colours")}
_PASTE: Mapping[Way, str] = {"paste": N_("yes"), "ask": N_("when asked (Alt+V)"), "multiplexer": N_("no"), "none": N_("no")}


@dataclass(frozen=True)
class TerminalReport:
    """``graphics`` draws pictures, ``paste`` is how one on the clipboard gets here, ``drops``: what is dropped does.

    ``files``: it is iTerm2, which carries files both ways. ``round_trip`` in seconds, None: no answer.
    ``colours`` is Rich's word for how many; ``multiplexer`` is ``tmux VERSION`` or ``screen``; ``passthrough`` is tmux's option.
    """

    graphics: Graphics
    paste: Way
    round_trip: float | None
    colours: str | None
    multiplexer: str = ""
    passthrough: bool = False
    drops: bool = False
    files: bool = False

    def to_dict(self) -> dict[str, object]:
        """As ``doctor --json`` prints it."""
        return {
            "pictures": self.graphics,
            "paste": self.paste,
            "drops": self.drops,
            "files": self.files,
            "round_trip": self.round_trip,
            "colours": self.colours,
            "multiplexer": self.multiplexer or None,
            "passthrough": self.passthrough if self.multiplexer.startswith("tmux") else None,
        }

    def line(self) -> str:
        """What ``doctor`` prints of it, in one line."""
        passed = _("on") if self.passthrough else _("off")
        trip = f"{self.round_trip * 1000:.0f} ms" if self.round_trip is not None else _("no answer")
        facts = [
            _("pictures: {graphics}").format(graphics=self.graphics),
            _("paste of pictures: {paste}").format(paste=_(_PASTE[self.paste])),
            _("drop: {answer}").format(answer=_("yes") if self.drops else _("no")),
            *([_("files: both ways (iTerm2)")] if self.files else []),
            _("round trip: {time}").format(time=trip),
            _(_COLOURS.get(self.colours or "", N_("no colours"))),
        ]
        if self.multiplexer.startswith("tmux"):
            facts.append(_("inside {name}: passthrough {passed}").format(name=self.multiplexer, passed=passed))
        elif self.multiplexer:
            facts.append(_("inside {name}").format(name=self.multiplexer))
        return "; ".join(facts)


def report(environ: Mapping[str, str] | None = None) -> TerminalReport | None:
    """Ask the terminal on standard input and output; None where they are none."""
    environ = os.environ if environ is None else environ
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    asks = speaks_osc(environ) and way_in(environ) != "multiplexer"
    query = Query("auto", environ, more=QUESTION if asks else "", timeout=TIMEOUT)
    round_trip = query.round_trip  # before what came is read
    terminal = query.answer()
    told = query.answers.decode("latin-1") if asks else ""
    paste: Way = "paste" if supported(told) else way_in(environ)
    trip = round_trip if math.isfinite(round_trip) else None
    colours, drops = Console().color_system, takes_drops(told)
    return TerminalReport(terminal.graphics, paste, trip, colours, *_multiplexer(environ), drops=drops, files=terminal.iterm2)


def _multiplexer(environ: Mapping[str, str]) -> tuple[str, bool]:
    """Its name and version, and whether tmux passes on what is wrapped for the terminal behind it."""
    if inside_screen(environ):
        return "screen", False
    if not inside_tmux(environ):
        return "", False
    command = ["tmux", "display-message", "-p", "#{version}|#{allow-passthrough}"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=2, check=False, stdin=subprocess.DEVNULL).stdout
    except (OSError, subprocess.TimeoutExpired):
        told = ""
    version, _bar, passthrough = told.strip().partition("|")
    return f"tmux {version}".strip(), passthrough in {"on", "all", "1", "2"}
