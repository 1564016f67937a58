"""A field of one line: every one of the program is a ``Field``."""

from __future__ import annotations

from textual.widgets import Input

from minicpm_tui.i18n import _

LONGEST = 10_000
"""Characters that can be entered. Textual measures and draws the whole line at every key: with a megabyte each takes seconds."""


class Field(Input):
    """Of what is pasted it takes as much as there is room for, and says so."""

    def replace(self, text: str, start: int, end: int) -> None:
        begin, stop = sorted((max(0, start), min(len(self.value), end)))
        room = max(0, LONGEST - len(self.value) + stop - begin)
        if len(text) > room:
            text = text[:room]
            words = _("This field holds {count:,} characters: the rest of what you entered is left out")
            self.notify(words.format(count=LONGEST), severity="warning", markup=False)
        super().replace(text, start, end)
