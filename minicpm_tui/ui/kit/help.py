"""The help screen: every command that reaches the user here, with its keys, by group; then the keys of other places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.table import Column, Table
from rich.text import Text
from textual.app import ComposeResult, RenderResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from minicpm_tui.i18n import N_, _
from minicpm_tui.ui.kit.commands import GROUPS, Command, Commanded, bindings, show_key
from minicpm_tui.ui.kit.stylesheet import WINDOWS

KEYS = 14
"""Columns for the keys."""
Place = tuple[str, Sequence[Command]]
"""A heading, in English, and the commands that have keys there."""


class KeyTable(Widget):
    """One row a command: its keys, and beside them what it does. One widget: two a row would take half a second to lay out."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key", "keys--title", "keys--help"}
    DEFAULT_CSS = """
    KeyTable {
        height: auto;
        .keys--key { color: $hint-key; }
        .keys--title { text-style: bold; }
        .keys--help { color: $muted; }
    }
    """

    def __init__(self, commands: Iterable[Command]) -> None:
        super().__init__()
        self.commands = tuple(commands)

    def render(self) -> RenderResult:
        key, title, help_style = (
            self.get_component_rich_style(f"keys--{part}", partial=True) for part in ("key", "title", "help")
        )
        table = Table.grid(Column(width=KEYS), Column(ratio=1), padding=(0, 1), expand=True)
        for command in self.commands:
            keys = "  ".join(map(show_key, command.keys)) or "—"
            what = Text.assemble((_(command.title), title), "  ", (_(command.help), help_style))
            table.add_row(Text(keys, key), what)
        return table


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
                yield KeyTable(commands)
