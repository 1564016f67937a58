"""Commands that are possible everywhere."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit import words
from minicpm_tui.ui.kit.commands import WRITING, Command

if TYPE_CHECKING:
    from textual.app import App


def _in_field(app: App[Any]) -> bool:
    return words.is_field(app.focused)


_word = partial(Command, group=WRITING, when=_in_field, priority=True, palette=False)

COMMANDS = (
    Command("command_palette", N_("Commands"), N_("Find a command by name"), ("ctrl+p",), N_("Commands"), palette=False),
    Command("help", N_("Help"), N_("List every key and command"), ("f1", "ctrl+slash", "ctrl+underscore"), N_("Help"), hinted=2),
    Command(
        "mouse",
        N_("Release the mouse"),
        N_("Let the terminal select text; press again to take the mouse back"),
        ("f8",),
        priority=True,
    ),
    Command(
        "suspend_process", N_("Suspend"), N_("Back to the shell; fg there returns here (^Z is undo)"), ("alt+z",), priority=True
    ),
    Command("choose_theme", N_("Theme"), N_("Choose the colours; your own themes go into the configuration folder's themes")),
    Command("choose_language", N_("Language"), N_("English or Chinese (from the next start)")),
    _word("move_word(False)", N_("Previous word"), N_("Move to the beginning of the word"), ("alt+b",)),
    _word("move_word(True)", N_("Next word"), N_("Move to the end of the word"), ("alt+f",)),
    _word(
        "delete_word(False)",
        N_("Delete previous word"),
        N_("Delete from the beginning of the word to the cursor"),
        ("alt+backspace",),
    ),
    _word("delete_word(True)", N_("Delete next word"), N_("Delete from the cursor to the end of the word"), ("alt+d",)),
    Command("quit", N_("Quit"), N_("Close the program; everything is saved"), ("ctrl+q",), N_("Quit"), priority=True),
)
