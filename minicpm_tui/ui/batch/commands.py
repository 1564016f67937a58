"""The command that shows batches."""

from __future__ import annotations

from minicpm_tui.i18n import N_
from minicpm_tui.ui.commands import GENERAL, open_screen

COMMANDS = (
    open_screen(
        "minicpm_tui.ui.batch.screen:BatchScreen",
        N_("Batches"),
        N_("Look into the batches that ran here, and try what failed again"),
        group=GENERAL,
    ),
)
