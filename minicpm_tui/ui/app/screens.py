"""Commands of other rooms that are reached from everywhere. Each module holds ``COMMANDS`` and imports nothing heavy."""

from __future__ import annotations

from minicpm_tui.ui.batch import commands as batch
from minicpm_tui.ui.kit.commands import Command
from minicpm_tui.ui.sessions import commands as sessions

COMMANDS: tuple[Command, ...] = (*sessions.COMMANDS, *batch.COMMANDS)
"""One line a room: ``*library.COMMANDS``. Their screens are named by ``open_screen`` and imported when shown."""
