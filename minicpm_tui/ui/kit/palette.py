"""The command palette: the live commands of the screen below it, found by title and help."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.command import CommandInput, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from minicpm_tui.i18n import _
from minicpm_tui.ui.kit.commands import Live, live
from minicpm_tui.ui.kit.field import Field
from minicpm_tui.ui.terminal.private import SteadyPalette


class Palette(SteadyPalette):
    """Finds a command."""

    def compose(self) -> ComposeResult:
        for widget in super().compose():
            typed = isinstance(widget, CommandInput)
            yield _Typed(placeholder=_("Find a command…"), select_on_focus=False) if typed else widget


class _Typed(CommandInput, Field):
    """Textual's, no longer than any other field."""


class CommandProvider(Provider):
    """Everything that is possible now."""

    async def discover(self) -> Hits:
        """All commands, as long as nothing is typed."""
        for entry in self._possible():
            yield DiscoveryHit(_display(Content(entry.title), entry), entry.run, text=entry.title, help=_(entry.command.help))

    async def search(self, query: str) -> Hits:
        """Those whose title, or else help, matches ``query``."""
        matcher = self.matcher(query)
        for entry in self._possible():
            help_text = _(entry.command.help)
            if score := matcher.match(entry.title):
                yield Hit(score, _display(matcher.highlight(entry.title), entry), entry.run, text=entry.title, help=help_text)
            elif score := matcher.match(help_text):
                yield Hit(score / 2, _display(Content(entry.title), entry), entry.run, text=entry.title, help=help_text)

    def _possible(self) -> Iterator[Live]:
        return (entry for entry in live(self.screen) if entry.command.palette and entry.possible)


def _display(title: Content, entry: Live) -> Content:
    return Content.assemble(title, "  ", (entry.key, "$muted")) if entry.key else title
