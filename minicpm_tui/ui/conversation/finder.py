"""Finding text: all matches are marked, and one goes from one to the next."""

from __future__ import annotations

from collections.abc import Callable

from textual.message import Message

from minicpm_tui.ui.conversation import messages
from minicpm_tui.ui.conversation.search import Match, Search
from minicpm_tui.ui.conversation.viewport import Viewport


class Finder:
    """Searches what ``viewport`` shows and stands on a match. Which one it is is told through ``post``, and returned."""

    def __init__(self, viewport: Viewport, post: Callable[[Message], object]) -> None:
        self._viewport = viewport
        self._document = viewport.document
        self._view = viewport.view
        self._post = post

    @property
    def searching(self) -> bool:
        """Is something being looked for?"""
        return self._view.search is not None

    def find(self, text: str) -> tuple[int, int]:
        """Mark every ``text`` and go to the first one from here on; which match that is, and how many there are."""
        if not text.strip():
            self.end()
            return 0, 0
        search = self._view.search = Search(text, self._document.entries)
        search.near(self._document.entry_at(self._viewport.top))
        return self._stand(search)

    def step(self, by: int = 1) -> tuple[int, int]:
        """Go on to the next match, or back."""
        if (search := self._view.search) is None:
            return 0, 0
        search.step(by)
        return self._stand(search)

    def end(self) -> None:
        """No marks any more."""
        self._view.search = None
        self._viewport.redraw()

    def _stand(self, search: Search) -> tuple[int, int]:
        if (match := search.current) is not None:
            self._viewport.to_line(match.entry, self._line_of(search, match))
        self._viewport.redraw()
        count = (search.index + 1, len(search.matches))
        self._post(messages.Found(*count))
        return count

    def _line_of(self, search: Search, match: Match) -> int:
        """The line of its entry that ``match`` is drawn in."""
        entry = self._document.entries[match.entry]
        if match.end > entry.extras.shown:
            entry.show_more(match.end)
        if entry.expand(whole=True):
            self._document.measure(match.entry)
        line = 0
        for unit in entry.units:
            part = unit.part
            if part.source is not None and part.base <= match.start < part.base + len(part.source):
                spans = (search.spans(match.entry, part, row.line) for row in self._document.draw(unit))
                line += next((n for n, found in enumerate(spans) if any(now for _b, _e, now in found)), 0)
                break
            line += unit.height
        self._document.measure(match.entry)
        return line
