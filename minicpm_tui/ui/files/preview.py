"""The highlighted picture or video in half blocks, two pixels a character."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import work
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.text import format_bytes, format_duration, one_line

if TYPE_CHECKING:
    from minicpm_tui.media import MediaInfo

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

    @work(exclusive=True, group="preview")
    async def show(self, path: Path | None) -> None:
        """Show ``path``, after a pause."""
        self.set_class(path is None, "-empty")
        if path is None:
            self._rows, self.caption = [], ""
            return
        await asyncio.sleep(PAUSE)
        try:
            self._rows, self.caption = await asyncio.to_thread(_draw, path, max(self.size.width, 8), max(self.size.height - 1, 2))
        except MinicpmTuiError as error:
            why = " — ".join(part for part in (error.info.message, error.info.hint) if part)
            self._rows, self.caption = self._wrapped(why), error.info.title
        except (OSError, ValueError) as error:
            self._rows, self.caption = [], str(error)
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


def _draw(path: Path, columns: int, rows: int) -> tuple[list[Strip], str]:
    from minicpm_tui.media import inspect
    from minicpm_tui.media.preview import half_blocks

    info = inspect(path)
    strips = [
        Strip([Segment("▀", Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower))) for upper, lower in row])
        for row in half_blocks(path, columns, rows)
    ]
    return strips, _caption(info)


def _caption(info: MediaInfo) -> str:
    facts = [info.format, f"{info.width}×{info.height}", format_bytes(info.bytes)]
    if info.duration:
        facts.append(format_duration(info.duration))
    return " · ".join(facts)
