"""The search line over the conversation."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Key
from textual.widgets import Input, Static

from minicpm_tui.i18n import _
from minicpm_tui.ui.conversation import ConversationPane
from minicpm_tui.ui.kit.field import Field


class FindBar(Horizontal):
    """Enter or ↓ goes to the next match, ↑ to the one before. The screen closes it."""

    DEFAULT_CSS = """
    FindBar {
        height: 1; display: none; background: $panel;
        Input { width: 1fr; border: none; height: 1; background: $boost; padding: 0 1; }
        Static { width: auto; min-width: 10; padding: 0 1; color: $text-muted; }
    }
    """

    def __init__(self, pane: ConversationPane) -> None:
        super().__init__()
        self._pane = pane

    def compose(self) -> ComposeResult:
        yield Field(placeholder=_("find in the conversation"), compact=True, select_on_focus=True)
        yield Static(markup=False)

    def open(self) -> None:
        """Show the bar with the cursor in it."""
        self.display = True
        self.query_one(Input).focus()

    def close(self) -> None:
        """Hide the bar and take the marks out of the conversation."""
        self.display = False
        self._pane.finder.end()

    @on(Input.Changed)
    def _find(self, event: Input.Changed) -> None:
        event.stop()
        self._count(*self._pane.finder.find(event.value))

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        event.stop()
        self._count(*self._pane.finder.step(1))

    def on_key(self, event: Key) -> None:
        if event.key in {"up", "down"}:
            event.stop()
            self._count(*self._pane.finder.step(1 if event.key == "down" else -1))

    def _count(self, current: int, total: int) -> None:
        self.query_one(Static).update(f"{current}/{total}" if total else _("no match") if self.query_one(Input).value else "")
