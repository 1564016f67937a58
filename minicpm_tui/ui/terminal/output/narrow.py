"""Draws only what shows where something changed, so that a reply streams at the cost of its own lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from textual._compositor import Compositor
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

from minicpm_tui.ui.terminal.output.blank import Blank

Result = TypeVar("Result")


class NarrowCompositor(Compositor):
    """Asks the widgets that can be seen in the changed part, for the lines of that part.

    Textual asks every widget whose parent lies there (the composer, the status line, all containers), for all of its lines.
    """

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        """Front to back, as Textual has it: a region, its clip, and the strips in it."""
        crop = crop or self.size.region
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            part = shown.intersection(Region(shown.x, crop.y, shown.width, crop.height))
            if not part.intersection(crop):
                continue
            yield part, part, widget.render_lines(part.translate(-region.offset))
            if part.contains_region(crop):
                return  # what lies behind is hidden


class LeanScreen(Blank, Screen[Result]):
    """A screen on which replies stream. Its containers should be ``Blank`` too."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = NarrowCompositor()
