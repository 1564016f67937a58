"""The picture on the clipboard of the user's own terminal, or files beside it, when they are asked for."""

from __future__ import annotations

from typing import Any

from textual.app import App

from minicpm_tui.i18n import _
from minicpm_tui.ui.terminal.pasting.app import Pasting

_TAKE = "ssh BOX minicpm-tui take < shot.png"


def ask_for_files(app: App[Any]) -> None:
    """Have the user choose files in a dialog of the terminal, which has to be iTerm2."""
    if isinstance(app, Pasting):
        app.ask_for_files()
        app.notify(_("Choose files in the dialog of your terminal"), timeout=6, markup=False)


def ask_for_picture(app: App[Any]) -> None:
    """Have the terminal asked for it; where that cannot be, say what works instead."""
    if isinstance(app, Pasting) and app.ask_for_picture():
        app.notify(_("Asking your terminal for the picture on its clipboard…"), timeout=4, markup=False)
        return
    if isinstance(app, Pasting) and app.paste_way == "multiplexer":
        line = _("tmux and screen let no picture through. Paste its path for a line that copies it here, or run: {example}")
    else:
        line = _("This terminal hands over no pictures. Paste its path for a line that copies it here, or run: {example}")
    app.notify(line.format(example=_TAKE), severity="warning", timeout=20, markup=False)
