"""Moving and deleting by words in every text field, as readline does with Alt+B, Alt+F, Alt+D and Alt+⌫.

A word is a run of letters and digits. Textual's own (^←, ^→, ^W) stop at other places.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.widgets import TextArea

_WORD = re.compile(r"[^\W_]+")


def word_start(text: str, at: int) -> int:
    """Where the word that ends at or lies before ``at`` begins; 0 without one."""
    return next((word.start() for word in reversed(list(_WORD.finditer(text, 0, at)))), 0)


def word_end(text: str, at: int) -> int:
    """Where the word at or after ``at`` ends; the end of ``text`` without one."""
    word = _WORD.search(text, at)
    return word.end() if word else len(text)


def is_field(widget: Widget | None) -> bool:
    """Whether text can be typed into ``widget``."""
    area = _area(widget)
    return isinstance(widget, Input) or (area is not None and not area.read_only)


def move(field: Widget, *, forward: bool) -> None:
    """To the end of the word after the caret, or to the beginning of the one before it."""
    if isinstance(field, Input):
        field.cursor_position = (word_end if forward else word_start)(field.value, field.cursor_position)
    elif (area := _area(field)) is not None:
        area.move_cursor(_location(area, forward=forward))


def delete(field: Widget, *, forward: bool) -> None:
    """All that ``move`` would pass over. One undo brings it back."""
    if isinstance(field, Input):
        at = field.cursor_position
        field.delete(*sorted((at, (word_end if forward else word_start)(field.value, at))))
    elif (area := _area(field)) is not None:
        start, end = sorted((area.cursor_location, _location(area, forward=forward)))
        area.delete(start, end, maintain_selection_offset=False)


def _area(widget: Widget | None) -> TextArea | None:
    """``widget``, if it is a text of several lines."""
    if widget is None:
        return None
    from textual.widgets import TextArea  # the first paint does without

    return widget if isinstance(widget, TextArea) else None


def _location(area: TextArea, *, forward: bool) -> tuple[int, int]:
    row, column = area.cursor_location
    lines = [area.document.get_line(number) for number in range(area.document.line_count)]
    text = "\n".join(lines)
    at = sum(len(line) + 1 for line in lines[:row]) + column
    to = (word_end if forward else word_start)(text, at)
    return text.count("\n", 0, to), to - (text.rfind("\n", 0, to) + 1)
