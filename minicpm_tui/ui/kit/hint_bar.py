"""The bottom line: the commands that are possible now, with their keys. A click carries one out."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.events import Click
from textual.widget import Widget

from minicpm_tui.i18n import _
from minicpm_tui.ui.kit.commands import Commanded, Live, live


class HintBar(Widget):
    """As many hints as fit: what Esc does, then in the order of declaration, those of the app itself at the end.

    These have their place before others do, but the first one of the others comes before the second one of these.
    """

    DEFAULT_CSS = "HintBar { height: 1; dock: bottom; padding: 0 1; color: $text-muted; background: $panel; }"

    def on_mount(self) -> None:
        self._shown: list[tuple[int, int, Live]] = []
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh())

    def render(self) -> RenderResult:
        possible = [entry for entry in live(self.screen) if entry.command.hint and entry.possible]
        own = self.app.DECLARED if isinstance(self.app, Commanded) else ()
        always = [entry for entry in possible if entry.command in own]
        others = sorted(
            (entry for entry in possible if entry not in always), key=lambda entry: entry.command.keys[:1] != ("escape",)
        )
        room = self.content_size.width + 2 - sum(_width(entry) for entry in always)  # nothing follows the last gap
        while len(always) > 1 and others and room < _width(others[0]):
            room += _width(always.pop())
        fitting = [entry for entry in others if (room := room - _width(entry)) >= 0]
        self._shown = []
        pieces: list[tuple[str, str]] = []
        column = 0
        for entry in (*fitting, *always):
            pieces += [(entry.key, "$hint-key bold"), (f" {_(entry.command.hint)}  ", "")]
            self._shown.append((column, column + _width(entry) - 2, entry))
            column += _width(entry)
        return Content.assemble(*pieces)

    async def on_click(self, event: Click) -> None:
        for start, end, entry in self._shown:
            if start <= event.x - 1 < end and entry.possible:
                await entry.run()


def _width(entry: Live) -> int:
    return cell_len(f"{entry.key} {_(entry.command.hint)}  ")
