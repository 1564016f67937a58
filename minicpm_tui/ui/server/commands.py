"""The server panel's commands."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import SERVER, Command

if TYPE_CHECKING:
    from minicpm_tui.servers.local import LocalServer


class _Panel(Protocol):
    """What the commands ask of the panel."""

    @property
    def stoppable(self) -> bool: ...

    @property
    def startable(self) -> bool: ...

    @property
    def away(self) -> bool: ...

    @property
    def server(self) -> LocalServer | None: ...


_panel = partial(Command, group=SERVER)


def _stoppable(panel: _Panel) -> bool:
    return panel.stoppable


def _startable(panel: _Panel) -> bool:
    return panel.startable


def _watching(panel: _Panel) -> bool:
    return panel.server is not None


def _away(panel: _Panel) -> bool:
    return panel.away


PANEL = (
    _panel(
        "options",
        N_("Options"),
        N_("Choose options, see the estimate and the command, then start"),
        ("o",),
        N_("Options"),
        when=_startable,
    ),
    _panel(
        "stop_server",
        N_("Stop the server"),
        N_("Stop it and all its processes, even while it is loading"),
        ("x",),
        N_("Stop"),
        when=_stoppable,
    ),
    _panel("log", N_("Server log"), N_("Read, search and follow the log"), ("l",), N_("Log"), when=_watching),
    _panel(
        "copy_command", N_("Copy vLLM's command"), N_("The exact command that was run, without the key"), ("y",), when=_watching
    ),
    _panel(
        "tunnel", N_("Copy the SSH command"), N_("The command that reaches the server from your laptop"), ("s",), when=_watching
    ),
    _panel("here", N_("Overview"), N_("Back to vLLM, GPUs, models and servers"), ("backspace",), N_("Back"), when=_away),
    _panel("look", N_("Refresh"), N_("Look for vLLM, GPUs, models and servers again"), ("ctrl+r",)),
)

LOG = (
    Command("close", N_("Close"), N_("Back from the log"), ("escape", "q"), N_("Close"), SERVER, palette=False),
    Command(
        "find",
        N_("Find in the log"),
        N_("Jump to the next line that contains a text"),
        ("slash", "ctrl+f"),
        N_("Find"),
        SERVER,
        palette=False,
    ),
    Command("next(1)", N_("Next match"), N_("The next line that contains the text"), ("n",), "", SERVER, palette=False),
    Command("next(-1)", N_("Previous match"), N_("The previous line that contains the text"), ("N",), "", SERVER, palette=False),
    Command("follow", N_("Follow"), N_("Keep following new lines, or stop"), ("f",), N_("Follow"), SERVER, palette=False),
)

FORM = (
    Command("close", N_("Close"), N_("Close without starting"), ("escape",), palette=False),
    Command("start", N_("Start"), N_("Start the server with these options"), ("f5",), palette=False, priority=True),
    Command("copy", N_("Copy the command"), N_("The exact command, without the key"), ("ctrl+y",), palette=False, priority=True),
    Command("save", N_("Save as a preset"), N_("Save these options under a name"), ("f6",), palette=False, priority=True),
)
