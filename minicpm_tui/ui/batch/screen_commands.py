"""The commands of the screen of batches."""

from __future__ import annotations

from typing import Any, Protocol

from minicpm_tui.i18n import N_
from minicpm_tui.ui.batch.process import BatchProcess
from minicpm_tui.ui.batch.table import ResultTable
from minicpm_tui.ui.kit.commands import GENERAL, Command


class _Screen(Protocol):
    """What the commands ask of the screen."""

    process: BatchProcess | None

    @property
    def table(self) -> ResultTable: ...


def _some(screen: _Screen) -> bool:
    return bool(screen.table.items)


def _running(screen: _Screen) -> bool:
    return screen.process is not None and screen.process.running


def _resting(screen: _Screen) -> bool:
    return screen.process is not None and not screen.process.running


def _command(action: str, title: str, help_text: str, *keys: str, **more: Any) -> Command:
    return Command(action, title, help_text, keys=keys, group=GENERAL, **more)


COMMANDS = (
    _command("close", N_("Close"), N_("Back to the conversation"), "escape", hint=N_("Back"), palette=False),
    _command("stop", N_("Stop"), N_("Stop the batch; what was answered is kept"), "x", hint=N_("Stop"), when=_running),
    _command("retry", N_("Continue"), N_("Ask what has failed or was not asked yet"), "r", hint=N_("Continue"), when=_resting),
    _command("new", N_("Start a batch…"), N_("Ask the same about many pictures"), "n", hint=N_("New")),
    _command("copy", N_("Copy"), N_("Copy the answer"), "c", hint=N_("Copy"), when=_some),
    _command("choose", N_("Another batch"), N_("Open another batch"), "o", hint=N_("Batches")),
)
