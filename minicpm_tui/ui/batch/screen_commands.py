"""The commands of the screen of batches."""

from __future__ import annotations

from typing import Any, Protocol

from minicpm_tui.batch.run.view import OutputView
from minicpm_tui.i18n import N_
from minicpm_tui.ui.batch.again import Again
from minicpm_tui.ui.batch.table import ResultTable
from minicpm_tui.ui.kit.commands import GENERAL, Command


class _Screen(Protocol):
    """What the commands ask of the screen."""

    again: Again

    @property
    def view(self) -> OutputView | None: ...

    @property
    def table(self) -> ResultTable: ...


def _some(screen: _Screen) -> bool:
    return bool(screen.table.items)


def _can_retry(screen: _Screen) -> bool:
    return screen.view is not None and bool(screen.view.count("failed")) and not screen.again.running


def _command(action: str, title: str, help_text: str, *keys: str, **more: Any) -> Command:
    return Command(action, title, help_text, keys=keys, group=GENERAL, **more)


COMMANDS = (
    _command("close", N_("Close"), N_("Back to the conversation"), "escape", hint=N_("Back"), palette=False),
    _command("retry", N_("Retry"), N_("Retry the failed requests"), "r", hint=N_("Retry"), when=_can_retry),
    _command("copy", N_("Copy"), N_("Copy the answer"), "c", hint=N_("Copy"), when=_some),
    _command("choose", N_("Another batch"), N_("Open another batch"), "o", hint=N_("Batches")),
)
