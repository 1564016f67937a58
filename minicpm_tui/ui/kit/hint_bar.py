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
    """As many hints as fit, in the order of declaration, those of the app itself at the end.

    Where there is not room for all: what Esc does comes first, then the help, which lists all others; then what the focused
    widget has, or the screen over the first one; then the app; then the first screen.
    """

    DEFAULT_CSS = "HintBar { height: 1; dock: bottom; padding: 0 1; color: $text-muted; background: $panel; }"

    def on_mount(self) -> None:
        self._shown: list[tuple[int, int, Live]] = []
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh())

    def render(self) -> RenderResult:
        possible = [entry for entry in live(self.screen) if entry.command.hint and entry.possible]
        room = self.content_size.width + 2  # nothing follows the last gap
        fitting = []
        for entry in sorted(possible, key=self._rank):
            if _width(entry) <= room:
                fitting.append(entry)
                room -= _width(entry)
        self._shown = []
        pieces: list[tuple[str, str]] = []
        column = 0
        for entry in sorted((entry for entry in possible if entry in fitting), key=self._place):
            word = _(entry.command.hint)
            pieces += [(entry.hint.removesuffix(word), "$hint-key bold"), (f"{word}  ", "")]
            self._shown.append((column, column + _width(entry) - 2, entry))
            column += _width(entry)
        return Content.assemble(*pieces)

    def _of_app(self, entry: Live) -> bool:
        return isinstance(self.app, Commanded) and entry.command in self.app.DECLARED

    def _place(self, entry: Live) -> int:
        """What Esc does stands first, the app's own last."""
        return 0 if _is_escape(entry) else 2 if self._of_app(entry) else 1

    def _rank(self, entry: Live) -> int:
        """Who gets room first."""
        if _is_escape(entry):
            return 0
        if entry.command.action == "help":
            return 1
        if self._of_app(entry):
            return 3
        below = (self.app, self.screen) if len(self.app.screen_stack) == 1 else (self.app,)
        return 4 if entry.node in below else 2

    async def on_click(self, event: Click) -> None:
        for start, end, entry in self._shown:
            if start <= event.x - 1 < end and entry.possible:
                await entry.run()


def _width(entry: Live) -> int:
    return cell_len(f"{entry.hint}  ")


def _is_escape(entry: Live) -> bool:
    return entry.command.keys[:1] == ("escape",)
