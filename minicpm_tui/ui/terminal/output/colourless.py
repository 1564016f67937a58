"""No colour at all, for those who set ``NO_COLOR`` (https://no-color.org): what colours told is told by reversing.

Textual's own filters write greys, or the codes of the default colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

if TYPE_CHECKING:
    from textual.app import App

    _Base = App[Any]
else:
    _Base = object

STANDS_OUT = 2.0
"""Contrast of a segment's ground to that of its widget from which it is a bar or a selection, not a shade."""


class Colourless(LineFilter):
    """Takes the colours away. What lies on a bar is reversed; what was invisible is blank."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """``segments`` without colours, seen before ``background``."""
        return [_plain(segment, background) for segment in segments]


class NoColor(_Base):
    """Mixin of an app that writes no colour where ``NO_COLOR`` is set; name it before Textual's class."""

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [Colourless()] if self.no_color else super().get_line_filters()


def _plain(segment: Segment, page: Color) -> Segment:
    text, style, control = segment
    if not style or control:
        return segment
    hidden = style.color is not None and style.color == style.bgcolor and not style.reverse
    return Segment(" " * segment.cell_length if hidden else text, _plain_style(style, page), control)


@lru_cache(maxsize=4096)
def _plain_style(style: Style, page: Color) -> Style:
    plain = style.without_color + Style.from_meta(style.meta)
    ground = style.bgcolor
    if ground is None or ground.is_default or style.reverse:
        return plain
    return plain + Style(reverse=True) if _contrast(_luminance(ground), _luminance(page.rich_color)) >= STANDS_OUT else plain


def _contrast(one: float, other: float) -> float:
    """As WCAG 2.2 defines it."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _luminance(colour: RichColor) -> float:
    parts = [part / 255 for part in colour.get_truecolor(foreground=False)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
