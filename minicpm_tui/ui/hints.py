"""The bottom line: the commands that are possible now, with their keys. A click carries one out."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.events import Click
from textual.widget import Widget

from minicpm_tui.i18n import _
from minicpm_tui.ui.commands import Live, live


class HintBar(Widget):
    """As many hints as fit, in the order of declaration."""

    DEFAULT_CSS = "HintBar { height: 1; dock: bottom; padding: 0 1; color: $text-muted; background: $panel; }"

    def on_mount(self) -> None:
        self._shown: list[tuple[int, int, Live]] = []
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh())

    def render(self) -> RenderResult:
        self._shown = []
        pieces: list[Content | tuple[str, str]] = []
        column = 0
        for entry in live(self.screen):
            hint = _(entry.command.hint)
            if not hint or not entry.possible:
                continue
            width = cell_len(entry.key) + 1 + cell_len(hint)
            if column + width > self.content_size.width:
                break
            pieces += [(entry.key, "$hint-key bold"), (f" {hint}  ", "")]
            self._shown.append((column, column + width, entry))
            column += width + 2
        return Content.assemble(*pieces)

    async def on_click(self, event: Click) -> None:
        for start, end, entry in self._shown:
            if start <= event.x - 1 < end and entry.possible:
                await entry.run()
