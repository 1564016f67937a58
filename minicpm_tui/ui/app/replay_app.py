"""``minicpm-tui replay``: the program with nothing but a replay in it."""

from __future__ import annotations

import sys
from pathlib import Path

from textual.screen import Screen

from minicpm_tui import config
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.ui.app.app_base import AppBase
from minicpm_tui.ui.kit.start_options import Launch
from minicpm_tui.ui.sessions.replay import ReplayScreen


class ReplayApp(AppBase):
    """The app's themes, help and palette around one replay; no conversation is opened and no server asked."""

    def __init__(self, folder: Path, speed: float) -> None:
        super().__init__(Launch(config.load()))
        self._folder = folder
        self._speed = speed

    def get_default_screen(self) -> Screen[None]:
        return ReplayScreen(self._folder, self._speed)


def play(folder: Path, speed: float) -> int:
    """Play the session in ``folder`` in this terminal. Raises UsageError without one."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(_("the program needs a terminal"), hint=_("with --print it writes to stdout"))
    app = ReplayApp(folder, speed)
    status = app.run()
    return app.return_code or status or 0
