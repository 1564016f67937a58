"""The help screen: every command that reaches the user here, with its keys, by group; then the keys of other places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.table import Column, Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from minicpm_tui.i18n import N_, _
from minicpm_tui.ui.kit.commands import GROUPS, Command, Commanded, bindings, show_key
from minicpm_tui.ui.kit.search_field import SearchField
from minicpm_tui.ui.kit.stylesheet import WINDOWS

KEYS = 14
"""Columns for the keys."""
_SCROLLS = {
    "up": "scroll_up",
    "down": "scroll_down",
    "pageup": "scroll_page_up",
    "pagedown": "scroll_page_down",
    "home": "scroll_home",
    "end": "scroll_end",
}
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
            keys = "  ".join(dict.fromkeys(map(show_key, command.keys))) or "—"
            what = Text.assemble((_(command.title), title), "  ", (_(command.help), help_style))
            table.add_row(Text(keys, key), what)
        return table


class Section(Vertical):
    """The commands of one group or place under their heading; those that a text leaves out are not shown."""

    DEFAULT_CSS = "Section { height: auto; }"

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._heading, self._commands = place

    def compose(self) -> ComposeResult:
        yield Static(Content(_(self._heading)), classes="heading")
        yield KeyTable(self._commands)

    def narrow(self, words: Sequence[str]) -> bool:
        """Show what holds every one of ``words``; False when nothing does."""
        found = tuple(command for command in self._commands if all(word in _text(command) for word in words))
        table = self.query_one(KeyTable)
        if found != table.commands:
            table.commands = found
            table.refresh(layout=True)
        self.display = bool(found)
        return self.display


class HelpScreen(Commanded, ModalScreen[None]):
    """Shows ``commands``, and those of other ``places``, narrowed by typing; Esc or F1 closes it."""

    CSS_PATH = WINDOWS
    DECLARED = (
        Command("close", N_("Close"), N_("Show everything again, or go back to the conversation"), ("escape",), palette=False),
        Command("dismiss", N_("Close"), N_("Back to the conversation"), ("f1", "ctrl+slash", "ctrl+underscore"), palette=False),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(DECLARED),
        *(Binding(key, f"scroll({how!r})", show=False) for key, how in _SCROLLS.items()),
    ]
    DEFAULT_CSS = """
    HelpScreen .window { height: 90%; }
    HelpScreen VerticalScroll { height: 1fr; }
    HelpScreen Section:first-child .heading { margin: 0; }
    HelpScreen #none { color: $muted; display: none; }
    """

    def __init__(self, commands: Iterable[Command], places: Iterable[Place] = ()) -> None:
        super().__init__(classes="sheet")
        here = tuple(commands)
        groups = [(group, [command for command in here if command.group == group]) for group in GROUPS]
        self._places: list[Place] = [(heading, listed) for heading, listed in (*groups, *places) if listed]

    def compose(self) -> ComposeResult:
        with Vertical(classes="window wide") as window:
            window.border_title = _("Keys and commands")
            window.border_subtitle = _("↑ ↓ scroll · Esc closes")
            yield SearchField(placeholder=_("type to filter"), compact=True)
            yield Static("", id="none", markup=False)
            with VerticalScroll(can_focus=False):
                for place in self._places:
                    yield Section(place)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        found = [section.narrow(event.value.casefold().split()) for section in self.query(Section)]
        nothing = self.query_one("#none", Static)
        nothing.display = not any(found)
        nothing.update(_("No key or command matches “{text}”").format(text=event.value))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_scroll(self, how: str) -> None:
        getattr(self.query_one(VerticalScroll), how)(animate=False)

    def action_close(self) -> None:
        """What was typed goes first."""
        field = self.query_one(Input)
        if field.value:
            field.value = ""
        else:
            self.dismiss(None)


def _text(command: Command) -> str:
    """All that a user may look for."""
    return " ".join((*map(show_key, command.keys), *command.keys, _(command.title), _(command.help))).casefold()
