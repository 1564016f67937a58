"""The highlighted picture or video, drawn as the terminal can; over a slow line only told about."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.text import Text
from textual import work
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.text import format_bytes, format_duration, one_line
from minicpm_tui.ui.terminal.paintings import forget, painted, when_cells_change

if TYPE_CHECKING:
    from minicpm_tui.media import MediaInfo
    from minicpm_tui.ui.terminal.graphics.painter import Painting

PAUSE = 0.12
"""Seconds the cursor must rest before a file is read."""


class Preview(Widget):
    """Empty for folders. ``caption`` says what the file is, or in one line why it cannot be shown."""

    DEFAULT_CSS = """
    Preview { height: 11; border-top: solid $border-blurred; }
    Preview.-empty { display: none; }
    """

    caption: reactive[str] = reactive("")

    def __init__(self) -> None:
        super().__init__(classes="-empty")
        self._rows: list[Strip] = []
        self._painting: Painting | None = None
        self._path: Path | None = None

    def on_mount(self) -> None:
        when_cells_change(self, lambda: self.show(self._path))

    def on_unmount(self) -> None:
        self._replace([], self.caption)

    @work(exclusive=True, group="preview")
    async def show(self, path: Path | None) -> None:
        """Show ``path``, after a pause."""
        self._path = path
        self.set_class(path is None, "-empty")
        if path is None:
            self._replace([], "")
            return
        await asyncio.sleep(PAUSE)
        try:
            data, caption = await asyncio.to_thread(_read, path)
            size = max(self.size.width, 8), max(self.size.height - 1, 2)
            painting = await painted(self.app, data, *size, spare=True)
        except MinicpmTuiError as error:
            why = " — ".join(part for part in (error.info.message, error.info.hint) if part)
            self._replace(self._wrapped(why), error.info.title)
        except (OSError, ValueError) as error:
            self._replace([], str(error))
        else:
            self._replace([Strip(row) for row in painting.rows], caption, painting)

    def _replace(self, rows: list[Strip], caption: str, painting: Painting | None = None) -> None:
        if self._painting is not None:
            forget(self.app, self._painting)
        self._rows, self.caption, self._painting = rows, caption, painting
        self.refresh()

    def _wrapped(self, text: str) -> list[Strip]:
        """``text`` in lines, where the picture would be."""
        lines = Text(one_line(text)).wrap(self.app.console, max(self.size.width, 8))
        return [Strip([Segment(line.plain.rstrip())]) for line in lines]

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == self.size.height - 1:
            return Strip([Segment(one_line(self.caption, width), self.rich_style)]).adjust_cell_length(width, self.rich_style)
        if y < len(self._rows):
            row = self._rows[y].apply_style(self.rich_style)
            margin = (width - row.cell_length) // 2
            blank = Strip.blank(max(margin, 0), self.rich_style)
            return Strip.join([blank, row]).adjust_cell_length(width, self.rich_style)
        return Strip.blank(width, self.rich_style)


def _read(path: Path) -> tuple[bytes, str]:
    """A small picture of the file, encoded, and what it is in a few words."""
    from minicpm_tui.media import inspect
    from minicpm_tui.media.thumbnails import thumbnail

    return thumbnail(path), _caption(inspect(path))


def _caption(info: MediaInfo) -> str:
    facts = [info.format]
    if info.pages:
        facts.append(ngettext("{count} page", "{count} pages", info.pages).format(count=info.pages))
    facts += [f"{info.width}×{info.height}", format_bytes(info.bytes)]
    if info.duration:
        facts.append(format_duration(info.duration))
    if info.animated:
        facts.append(_("animated"))
    return " · ".join(facts)
