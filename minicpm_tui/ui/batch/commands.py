"""The command that shows batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import GENERAL, open_screen

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

_ID = "batches"


def _elsewhere(app: App[Any]) -> bool:
    """They do not show already."""
    return all(screen.id != _ID for screen in app.screen_stack)


def _batches() -> Screen[Any]:
    from minicpm_tui.ui.batch.screen import BatchScreen

    return BatchScreen(id=_ID)


COMMANDS = (
    open_screen(
        "batches",
        _batches,
        N_("Batches"),
        N_("View the batches that ran here, and retry what failed"),
        group=GENERAL,
        when=_elsewhere,
    ),
)
