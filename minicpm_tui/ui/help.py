"""The help screen: every command that reaches the user here, with its keys, by group; then the keys of other places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.containers import Grid, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from minicpm_tui.i18n import N_, _
from minicpm_tui.ui.commands import GROUPS, Command, Commanded, bindings, show_key
from minicpm_tui.ui.stylesheet import WINDOWS

Place = tuple[str, Sequence[Command]]
"""A heading, in English, and the commands that have keys there."""


class HelpScreen(Commanded, ModalScreen[None]):
    """Shows ``commands``, and those of other ``places``; Esc or F1 closes it."""

    CSS_PATH = WINDOWS
    DECLARED = (Command("dismiss", N_("Close"), N_("Back to the conversation"), keys=("escape", "f1", "q"), palette=False),)
    BINDINGS = bindings(DECLARED)

    def __init__(self, commands: Iterable[Command], places: Iterable[Place] = ()) -> None:
        super().__init__(classes="sheet")
        here = tuple(commands)
        groups = [(group, [command for command in here if command.group == group]) for group in GROUPS]
        self._sections: list[Place] = [(heading, listed) for heading, listed in (*groups, *places) if listed]

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="window wide") as window:
            window.border_title = _("Keys and commands")
            window.border_subtitle = _("Esc closes")
            for heading, commands in self._sections:
                yield Static(Content(_(heading)), classes="heading")
                with Grid(classes="keys"):
                    for command in commands:
                        yield Static(Content.styled("  ".join(map(show_key, command.keys)) or "—", "$hint-key"))
                        yield Static(Content.assemble((_(command.title), "bold"), (f"  {_(command.help)}", "$muted")))
