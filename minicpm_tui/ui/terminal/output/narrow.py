"""Draws only what shows where something changed, so that a reply streams at the cost of its own lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

from minicpm_tui.ui.terminal.output.blank import Blank
from minicpm_tui.ui.terminal.private import begin_frames

Result = TypeVar("Result")


class NarrowCompositor(Compositor):
    """Asks the widgets that can be seen in the changed part, for the lines of that part.

    Textual asks every widget whose parent lies there (the composer, the status line, all containers), for all of its lines.
    It also draws what lies between two parts that changed, such as a reply and the status line below, and sends none of it.
    """

    _changed: Collection[Region] = ()

    def render_partial_update(self) -> ChopsUpdate | None:
        """What is to be drawn anew; None when that is nothing."""
        self._changed = self._dirty_regions.copy()
        try:
            return super().render_partial_update()
        finally:
            self._changed = ()

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        """Front to back, as Textual has it: a region, its clip, and the strips in it."""
        crop = crop or self.size.region
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            part = shown.intersection(Region(shown.x, crop.y, shown.width, crop.height))
            if not part.intersection(crop) or (self._changed and not any(map(part.overlaps, self._changed))):
                continue
            yield part, part, widget.render_lines(part.translate(-region.offset))
            if part.contains_region(crop):
                return  # what lies behind is hidden


class LeanScreen(Blank, Screen[Result]):
    """A screen on which replies stream. Its containers should be ``Blank`` too."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = NarrowCompositor()

    def on_mount(self) -> None:
        begin_frames(self)
