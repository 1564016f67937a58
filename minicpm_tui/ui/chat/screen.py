"""The chat screen: files on the left, the conversation with the composer under it, the server on the right."""

from __future__ import annotations

import importlib

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import TextArea

from minicpm_tui.ui.chat.commands import COMMANDS
from minicpm_tui.ui.chat.panes import Pane, Panes
from minicpm_tui.ui.commands import Commanded, bindings
from minicpm_tui.ui.hints import HintBar

LAZY: dict[Pane, str] = {"server": "minicpm_tui.ui.server.panel:ServerPanel"}
"""The widgets inside the side panes, imported when they are first shown. They fill their pane and focus what they want."""


class ChatScreen(Commanded, Screen[None]):
    """Where a user talks with the model."""

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)

    panes: reactive[Panes] = reactive(Panes())

    def compose(self) -> ComposeResult:
        with Horizontal(id="panes"):
            yield Vertical(id="files", classes="side")
            with Vertical(id="talk"):
                yield Vertical(id="conversation")
                yield TextArea(id="composer")
            yield Vertical(id="server", classes="side")
        yield HintBar()

    def on_mount(self) -> None:
        self.query_one("#composer").focus()

    def on_resize(self, event: Resize) -> None:
        self._arrange(event.size.width)

    def watch_panes(self) -> None:
        self._arrange(self.size.width)

    def _arrange(self, columns: int) -> None:
        shown = self.panes.shown(columns)
        for pane in ("files", "talk", "server"):
            self.query_one(f"#{pane}").display = pane in shown
        for pane in shown & LAZY.keys():
            self._fill(pane)

    def _fill(self, pane: Pane) -> None:
        slot = self.query_one(f"#{pane}")
        if not slot.children:
            module, _colon, name = LAZY[pane].partition(":")
            widget = getattr(importlib.import_module(module), name)()
            assert isinstance(widget, Widget)
            slot.mount(widget)

    def action_pane(self, pane: Pane) -> None:
        """Show ``pane`` and go there; from inside it, hide it."""
        slot = self.query_one(f"#{pane}")
        if slot.display and self.focused is not None and slot in self.focused.ancestors:
            self.panes = self.panes.without(pane)
            self.action_compose()
            return
        self.panes = self.panes.toward(pane)
        self.call_after_refresh(self._enter, pane)

    def _enter(self, pane: Pane) -> None:
        for widget in self.query_one(f"#{pane}").query("*"):
            if widget.focusable:
                widget.focus()
                return

    def action_compose(self) -> None:
        self.panes = self.panes.toward("talk")
        self.query_one("#composer").focus()
