"""The command that shows batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import GENERAL, Command, open_screen

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from minicpm_tui.batch.run.recent import BatchRun

_ID = "batches"


def _elsewhere(app: App[Any]) -> bool:
    """They do not show already."""
    return all(screen.id != _ID for screen in app.screen_stack)


def _batches() -> Screen[Any]:
    from minicpm_tui.ui.batch.screen import BatchScreen

    return BatchScreen(id=_ID)


def show(app: App[Any], run: BatchRun) -> None:
    """Show ``run`` on the screen of batches, which may be there already."""
    from minicpm_tui.ui.batch.screen import BatchScreen

    if isinstance(app.screen, BatchScreen):
        app.screen.open_run(run)
    else:
        app.push_screen(BatchScreen(run, id=_ID if _elsewhere(app) else None))


COMMANDS = (
    Command("start_batch", N_("Start a batch…"), N_("Ask the same about many pictures: a folder, a glob, a list or a table")),
    open_screen(
        "batches",
        _batches,
        N_("Batches"),
        N_("View the batches that ran here, and retry what failed"),
        group=GENERAL,
        when=_elsewhere,
    ),
)
