"""Finding text: all matches are marked, and one goes from one to the next."""

from __future__ import annotations

from minicpm_tui.ui.conversation import messages
from minicpm_tui.ui.conversation.copies import Copying
from minicpm_tui.ui.conversation.search import Search


class Finding(Copying):
    """The part of the pane that searches."""

    @property
    def searching(self) -> bool:
        return self.view.search is not None

    def find(self, text: str) -> tuple[int, int]:
        """Mark every ``text`` and go to the first one from here on; which match that is, and how many there are."""
        if not text.strip():
            self.end_find()
            return 0, 0
        self.view.search = Search(text, self.document.entries)
        self.view.search.near(self.document.entry_at(self.scroll_offset.y))
        return self._to_match()

    def find_next(self, step: int = 1) -> tuple[int, int]:
        """Go on to the next match, or back."""
        if self.view.search is None:
            return 0, 0
        self.view.search.step(step)
        return self._to_match()

    def action_find_next(self, step: int) -> None:
        self.find_next(step)

    def end_find(self) -> None:
        """No marks any more."""
        self.view.search = None
        self.refresh()
        self.refresh_bindings()

    def _to_match(self) -> tuple[int, int]:
        search = self.view.search
        assert search is not None
        if (match := search.current) is not None:
            entry = self.document.entries[match.entry]
            if entry.expand():
                self.document.measure(match.entry)
            line = 0
            for unit in entry.units:
                part = unit.part
                if part.source is not None and part.base <= match.start < part.base + len(part.source):
                    rows = self.document.draw(unit)
                    spans = (search.spans(match.entry, part, row.line) for row in rows)
                    line += next((n for n, found in enumerate(spans) if any(now for _b, _e, now in found)), 0)
                    break
                line += unit.height
            self.document.measure(match.entry)
            self.to_line(match.entry, line)
        self.refresh()
        self.refresh_bindings()
        count = (search.index + 1, len(search.matches))
        self.post_message(messages.Found(*count))
        return count
