"""The chat screen's commands. Keys are ones that reach a program through ssh, tmux (^B) and screen (^A)."""

from __future__ import annotations

from minicpm_tui.i18n import N_
from minicpm_tui.ui.commands import FILES, SERVER, WRITING, Command

PANES = (
    Command(
        "pane('files')",
        N_("Files"),
        N_("Show or hide the files, and pick some"),
        keys=("f2", "ctrl+o"),
        hint=N_("Files"),
        group=FILES,
    ),
    Command(
        "pane('server')", N_("Server"), N_("Show or hide what the server is doing"), keys=("f3",), hint=N_("Server"), group=SERVER
    ),
    Command("compose", N_("Write"), N_("Back to the composer"), keys=("escape",), group=WRITING, palette=False),
)

COMMANDS = PANES
