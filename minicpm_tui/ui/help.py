"""The help screen: every command that reaches the user here, with its keys, by group."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from minicpm_tui.i18n import N_, _
from minicpm_tui.ui.commands import GROUPS, Command, Commanded, Live, bindings, show_key
from minicpm_tui.ui.stylesheet import WINDOWS


class HelpScreen(Commanded, ModalScreen[None]):
    """Shows ``entries``; Esc or F1 closes it."""

    CSS_PATH = WINDOWS
    DECLARED = (Command("dismiss", N_("Close"), N_("Back to the conversation"), keys=("escape", "f1", "q"), palette=False),)
    BINDINGS = bindings(DECLARED)

    def __init__(self, entries: Iterable[Live]) -> None:
        super().__init__(classes="sheet")
        self._entries = tuple(entries)

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="window wide") as window:
            window.border_title = _("Keys and commands")
            window.border_subtitle = _("Esc closes")
            for group in GROUPS:
                if lines := [self._line(entry) for entry in self._entries if entry.command.group == group]:
                    yield Static(Content(_(group)), classes="heading")
                    yield Static(Content("\n").join(lines))

    @staticmethod
    def _line(entry: Live) -> Content:
        keys = "  ".join(show_key(key) for key in entry.command.keys) or "—"
        return Content.assemble((f"{keys:<16} ", "$hint-key"), (entry.title, "bold"), ("  " + _(entry.command.help), "$muted"))
