"""A widget that shows one picture as large as it fits."""

from __future__ import annotations

import asyncio

from rich.segment import Segment
from textual import work
from textual.events import Resize
from textual.strip import Strip
from textual.widget import Widget

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line
from minicpm_tui.ui.terminal.graphics.painter import Painting, pixels_across
from minicpm_tui.ui.terminal.paintings import forget, painted, terminal_of, when_cells_change
from minicpm_tui.ui.viewer.sheet import paint_sheet
from minicpm_tui.ui.viewer.views import Drawing, View


class Canvas(Widget):
    """Shows a view; a video's sheet in blocks is put together from cells. What goes wrong is said in its place."""

    DEFAULT_CSS = "Canvas { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._view: View | None = None
        self._drawing: Drawing | None = None
        self._painting: Painting | None = None
        self._words = ""

    def show(self, view: View, drawing: Drawing | None = None) -> None:
        """Show ``view``, or what ``drawing`` makes of it."""
        self._view, self._drawing = view, drawing
        self._draw()

    @property
    def drawn(self) -> bool:
        """A picture is shown."""
        return self._painting is not None

    @property
    def words(self) -> str:
        """What stands in the picture's place."""
        return self._words

    def on_mount(self) -> None:
        when_cells_change(self, self._draw)

    def on_resize(self, _event: Resize) -> None:
        self._draw()

    def on_unmount(self) -> None:
        self._replace(None, "")

    @work(exclusive=True, group="draw")
    async def _draw(self) -> None:
        view, drawing = self._view, self._drawing
        if view is None or not self.size:
            return
        try:
            painting = await self._paint(view, drawing)
        except (MinicpmTuiError, OSError, ValueError) as error:
            self._replace(None, one_line(str(error)))
        else:
            self._replace(painting, "" if painting.rows else _("pictures are turned off: see thumbnails in config.toml"))

    async def _paint(self, view: View, drawing: Drawing | None) -> Painting:
        (width, height), terminal = self.size, terminal_of(self.app)
        height -= terminal.graphics == "sixel"  # konsole scrolls for a picture in the last line but one
        if drawing is not None:
            data = await asyncio.to_thread(drawing, pixels_across(width, height, terminal))
        elif view.tiles and terminal.graphics == "blocks":
            return await asyncio.to_thread(paint_sheet, view.tiles, width, height, terminal)
        else:
            data = await asyncio.to_thread(view.load)
        return await painted(self.app, data, width, height, fill=True)

    def _replace(self, painting: Painting | None, words: str) -> None:
        if self._painting is not None:
            forget(self.app, self._painting)
        self._painting, self._words = painting, words
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, style = self.size.width, self.rich_style
        rows = self._painting.rows if self._painting else []
        top = (self.size.height - len(rows)) // 2
        if self._painting and 0 <= y - top < len(rows):
            margin = max(0, (width - self._painting.columns) // 2)
            return Strip([Segment(" " * margin, style), *Segment.apply_style(rows[y - top], style)]).adjust_cell_length(
                width, style
            )
        if self._words and y == self.size.height // 2:
            words = one_line(self._words, width)
            return Strip([Segment(words.center(width), style)]).adjust_cell_length(width, style)
        return Strip.blank(width, style)
