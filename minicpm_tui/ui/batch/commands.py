"""The command that shows batches."""

from __future__ import annotations

from typing import Any

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import GENERAL, open_screen

SCREEN_ID = "batches"


def _elsewhere(app: Any) -> bool:
    """They do not show already."""
    return all(screen.id != SCREEN_ID for screen in app.screen_stack)


COMMANDS = (
    open_screen(
        "minicpm_tui.ui.batch.screen:BatchScreen",
        N_("Batches"),
        N_("View the batches that ran here, and retry what failed"),
        group=GENERAL,
        when=_elsewhere,
    ),
)
