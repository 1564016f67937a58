"""A widget that shows one picture as large as it fits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rich.segment import Segment
from textual import work
from textual.events import Resize
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line
from minicpm_tui.ui.terminal.graphics.painter import Painting
from minicpm_tui.ui.terminal.paintings import forget, painted, when_cells_change


class Canvas(Widget):
    """``load`` gives the encoded picture; it is called in a thread. What goes wrong is said in the picture's place."""

    DEFAULT_CSS = "Canvas { height: 1fr; }"

    load: reactive[Callable[[], bytes] | None] = reactive[Callable[[], bytes] | None](None, init=False)

    def __init__(self) -> None:
        super().__init__()
        self._painting: Painting | None = None
        self._words = ""

    @property
    def drawn(self) -> bool:
        """A picture is shown."""
        return self._painting is not None

    @property
    def words(self) -> str:
        """What stands in the picture's place."""
        return self._words

    def watch_load(self) -> None:
        self._draw()

    def on_mount(self) -> None:
        when_cells_change(self, self._draw)

    def on_resize(self, _event: Resize) -> None:
        self._draw()

    def on_unmount(self) -> None:
        self._replace(None, "")

    @work(exclusive=True, group="draw")
    async def _draw(self) -> None:
        load = self.load
        if load is None or not self.size:
            return
        try:
            data = await asyncio.to_thread(load)
            painting = await painted(self.app, data, self.size.width, self.size.height)
        except (MinicpmTuiError, OSError, ValueError) as error:
            self._replace(None, one_line(str(error)))
        else:
            off = _("pictures are turned off: thumbnails in config.toml") if not painting.rows else ""
            self._replace(painting, off)

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
