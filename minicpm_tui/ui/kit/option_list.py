"""The list that windows and panes let the user choose from."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widgets import OptionList


class Options(OptionList):
    """Textual's list, which fails where it has no column left, and at a page key before its rows are laid out.

    The highlighted row has one colour, so that it can be read in every theme: muted grey cannot be on a bright bar.
    """

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        if self.highlighted is None or not any(_row_of(segment) == self.highlighted for segment in strip):
            return strip
        colour = Style(color=self.get_component_rich_style("option-list--option-highlighted").color)
        segments = [Segment(text, style + colour if style else colour, control) for text, style, control in strip]
        return Strip(segments, strip.cell_length)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        padding = self.get_component_styles("option-list--option").padding.width
        return super().get_content_height(container, viewport, max(width, padding + 1))

    def page(self, direction: Literal[-1, 1]) -> None:
        """Move the highlight up or down by what is shown."""
        if direction > 0:
            self.action_page_down()
        else:
            self.action_page_up()

    def action_page_down(self) -> None:
        with suppress(KeyError):
            super().action_page_down()  # type: ignore[no-untyped-call]

    def action_page_up(self) -> None:
        with suppress(KeyError):
            super().action_page_up()  # type: ignore[no-untyped-call]


def _row_of(segment: Segment) -> int | None:
    """The number of the row that ``segment`` belongs to, as Textual marks it for clicks."""
    return segment.style.meta.get("option") if segment.style else None
