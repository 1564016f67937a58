"""The app: wires screens, themes, settings and what they ask of each other."""

from __future__ import annotations

import importlib
from typing import ClassVar

from textual.app import App
from textual.screen import Screen
from textual.types import CSSPathType

from minicpm_tui.config import Settings
from minicpm_tui.i18n import N_
from minicpm_tui.ui import contributed
from minicpm_tui.ui.chat.screen import ChatScreen
from minicpm_tui.ui.commands import Command, Commanded, bindings, live
from minicpm_tui.ui.launch import Launch

COMMANDS = (
    Command("help", N_("Help"), N_("Every key and command"), keys=("f1",), hint=N_("Help")),
    Command(
        "command_palette", N_("Commands"), N_("Find a command by its name"), keys=("ctrl+p",), hint=N_("Commands"), palette=False
    ),
    Command("quit", N_("Quit"), N_("Close the program; everything is saved"), keys=("ctrl+q",), hint=N_("Quit"), priority=True),
)


class MinicpmApp(Commanded, App[int]):
    """minicpm-tui in the terminal. Ends with the exit status."""

    CSS_PATH: ClassVar[CSSPathType] = ["app.tcss", "chat/screen.tcss"]  # Textual does not load the default screen's own file
    TITLE = "minicpm-tui"
    DECLARED = COMMANDS
    BINDINGS = bindings((*COMMANDS, *contributed.COMMANDS))
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, launch: Launch | None = None) -> None:
        super().__init__()
        self.launch = launch or Launch()

    @property
    def settings(self) -> Settings:
        """The settings in force when the program started."""
        return self.launch.config.settings

    def declared(self) -> tuple[Command, ...]:
        return (*self.DECLARED, *contributed.COMMANDS)

    def get_default_screen(self) -> Screen[None]:
        return ChatScreen()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"hint-key": "ansi_yellow"}

    def action_help(self) -> None:
        from minicpm_tui.ui.help import HelpScreen

        self.push_screen(HelpScreen(live(self.screen)))

    def action_open(self, where: str) -> None:
        """Show the screen class ``package.module:Class``."""
        module, _colon, name = where.partition(":")
        self.push_screen(getattr(importlib.import_module(module), name)())
