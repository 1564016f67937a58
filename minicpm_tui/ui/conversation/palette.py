"""Inks to terminal styles, under the app's present theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip
from textual.widget import Widget

from minicpm_tui.markdown.line import Ink, Line
from minicpm_tui.markdown.wrap import width_of
from minicpm_tui.ui.conversation.styles import INKS, PREFIX


@dataclass(frozen=True)
class Palette:
    """The styles of a theme. ``base`` is plain text on the pane's background; ``inks`` go on top of it."""

    base: Style
    inks: dict[str, Style]
    filters: tuple[LineFilter, ...]
    background: Color
    _made: dict[Ink, Style] = field(default_factory=dict, compare=False, repr=False)

    def style(self, ink: Ink) -> Style:
        """The style of ``ink``, kept for the next time."""
        if (style := self._made.get(ink)) is None:
            if len(self._made) > 2000:
                self._made.clear()
            style = self._made[ink] = self._make(ink)
        return style

    def strip(self, line: Line, width: int) -> Strip:
        """``line`` drawn ``width`` cells wide."""
        segments = [Segment(text, self.style(ink)) for text, ink in line.runs if text]
        cells = sum(width_of(segment.text) for segment in segments)
        if cells < width:
            segments.append(Segment(" " * (width - cells), self.style(line.fill)))
        strip = Strip(segments, max(cells, width))
        return strip if cells <= width else strip.crop(0, width)

    def filtered(self, segments: Sequence[Segment]) -> list[Segment]:
        """Segments made elsewhere, fit for this terminal."""
        made = [Segment(text, self.base + style if style else self.base) for text, style, _control in segments]
        for line_filter in self.filters:
            made = line_filter.apply(made, self.background)
        return made

    def _make(self, ink: Ink) -> Style:
        style = self.base
        for name in ink:
            kind, given, value = name.partition("=")
            if not given:
                style += self.inks.get(name, Style.null())
                continue
            style += Style.from_meta({kind: value})
            if kind == "link" and value.startswith(("http://", "https://")):
                style += Style(link=value)
        made = self.filtered([Segment(" ", style)])
        return made[0].style or style


def palette_of(widget: Widget) -> Palette:
    """The palette that ``widget``'s component classes make under the present theme."""
    inks: dict[str, Style] = {}
    for name in INKS:
        styles = widget.get_component_styles(PREFIX + name)
        full = styles.rich_style
        coloured = styles.has_rule("color") or styles.has_rule("auto_color")
        filled = styles.has_rule("background") and styles.background.a > 0
        inks[name] = Style(color=full.color if coloured else None, bgcolor=full.bgcolor if filled else None) + styles.text_style
    filters, background = tuple(widget.get_line_filters()), widget.background_colors[1]
    base = Palette(widget.rich_style, {}, filters, background).style(())
    return Palette(base, inks, filters, background)


def plain_palette() -> Palette:
    """No colours: what is used until there is a theme."""
    return Palette(Style(), {}, (), Color(0, 0, 0))
