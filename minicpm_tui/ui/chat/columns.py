"""The panes side by side: which of them show, and what fills them when they first do."""

from __future__ import annotations

import asyncio
from importlib import import_module

from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from minicpm_tui.i18n import _
from minicpm_tui.ui.chat.panes import Pane, Panes
from minicpm_tui.ui.terminal.output.blank import Blank

LAZY: dict[Pane, tuple[str, str]] = {
    "files": ("minicpm_tui.ui.files.pane", "FilePane"),
    "server": ("minicpm_tui.ui.server.panel", "ServerPanel"),
}
"""The widgets inside the side panes: module and class, imported when they are first shown. They fill their pane and focus what
they want."""


class Columns(Blank, Horizontal):
    """``middle`` with a side pane at each hand; ``panes`` says which are wanted, the width which of those fit.

    Those that show are empty until ``fill``.
    """

    panes: reactive[Panes] = reactive(Panes(), init=False)

    class Chosen(Message):
        """The user wants to see other panes."""

    def __init__(self, middle: Widget, panes: Panes, width: int) -> None:
        sides = (Vertical(id="files", classes="side"), Vertical(id="server", classes="side"))
        super().__init__(sides[0], middle, sides[1], id="panes")
        self.set_reactive(Columns.panes, panes)
        self._fills = False
        self._slots: dict[Pane, Widget] = {"files": sides[0], "talk": middle, "server": sides[1]}
        for pane, slot in self._slots.items():
            slot.display = pane in panes.shown(width)  # from the first paint on

    def on_mount(self) -> None:
        self._slots["files"].border_title = _("Files")
        self._slots["server"].border_title = _("Server")

    def watch_panes(self) -> None:
        self.fit(self.app.size.width)
        self.post_message(self.Chosen())

    def fit(self, width: int) -> None:
        """Show the panes that fit in ``width`` cells."""
        shown = self.panes.shown(width)
        for pane, slot in self._slots.items():
            slot.display = pane in shown
        for pane in shown & LAZY.keys() if self._fills else ():
            self.call_after_refresh(self._fill, pane)

    async def fill(self) -> None:
        """Fill the panes that show, and from now on those that do when they do."""
        self._fills = True
        for pane in self.panes.shown(self.app.size.width) & LAZY.keys():
            await self._fill(pane)

    async def enter(self, pane: Pane) -> None:
        """Show ``pane`` and go there: keys that follow at once are its own."""
        self.panes = self.panes.toward(pane)
        if pane in LAZY:
            await self._fill(pane)
        inside = [widget for widget in self._slots[pane].query("*") if widget.focusable]
        if inside:
            self.screen.set_focus(next((widget for widget in inside if widget.has_class("first")), inside[0]))

    def holds_focus(self, pane: Pane) -> bool:
        """The keyboard is in ``pane``, and it shows."""
        slot, focused = self._slots[pane], self.screen.focused
        return slot.display and focused is not None and slot in focused.ancestors

    def tell(self, pane: Pane, message: Message) -> None:
        """Give ``message`` to what is inside ``pane``, if that was ever shown."""
        for inside in self._slots[pane].children:
            inside.post_message(message)

    async def _fill(self, pane: Pane) -> None:
        slot = self._slots[pane]
        module, name = LAZY[pane]
        inside: type[Widget] = getattr(await asyncio.to_thread(import_module, module), name)
        if slot.is_attached and not slot.children:
            await slot.mount(inside())
