"""What text is entered in: every field of one line is a ``Field``, every field of a form with several an ``Area``."""

from __future__ import annotations

from textual.widget import Widget
from textual.widgets import Input, TextArea
from textual.widgets.text_area import Edit, EditResult

from minicpm_tui.i18n import _

LONGEST = 10_000
"""Characters that can be entered. Textual measures and draws the whole line at every key: with a megabyte each takes seconds."""
LONGEST_AREA = 50_000
"""Characters in several lines; at every key Textual wraps the line that is changed."""


class Field(Input):
    """Of what is pasted it takes as much as there is room for, and says so."""

    def replace(self, text: str, start: int, end: int) -> None:
        begin, stop = sorted((max(0, start), min(len(self.value), end)))
        room = LONGEST - len(self.value) + stop - begin
        super().replace(_fitting(self, text, room, LONGEST), start, end)


class Area(TextArea):
    """Of what is pasted it takes as much as there is room for, and says so; what it is given at first may be longer."""

    def edit(self, edit: Edit) -> EditResult:
        room = LONGEST_AREA - len(self.text) + len(self.get_text_range(edit.from_location, edit.to_location))
        edit.text = _fitting(self, edit.text, room, LONGEST_AREA)
        return super().edit(edit)


def _fitting(field: Widget, text: str, room: int, most: int) -> str:
    """As much of ``text`` as ``field`` has ``room`` for."""
    if len(text) > max(0, room):
        text = text[: max(0, room)]
        words = _("This field holds {count:,} characters: the rest of what you entered is left out")
        field.notify(words.format(count=most), severity="warning", markup=False)
    return text
