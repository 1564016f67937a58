"""Commands that are possible everywhere."""

from __future__ import annotations

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import Command

COMMANDS = (
    Command("command_palette", N_("Commands"), N_("Find a command by its name"), ("ctrl+p",), N_("Commands"), palette=False),
    Command("help", N_("Help"), N_("Every key and command"), ("f1",), N_("Help")),
    Command("mouse", N_("Free the mouse"), N_("Let the terminal select text; again takes it back"), ("f8",), priority=True),
    Command(
        "suspend_process", N_("Suspend"), N_("Back to the shell; fg there returns here (^Z is undo)"), ("alt+z",), priority=True
    ),
    Command("choose_theme", N_("Theme"), N_("Colours; your own lie in the configuration folder's themes")),
    Command("choose_language", N_("Language"), N_("English or Chinese (from the next start)")),
    Command("quit", N_("Quit"), N_("Close the program; everything is saved"), ("ctrl+q",), N_("Quit"), priority=True),
)
