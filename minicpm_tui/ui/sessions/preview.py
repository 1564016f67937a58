"""What the session under the cursor is about: its pictures, small."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.segment import Segment
from textual import work
from textual.events import Resize
from textual.strip import Strip
from textual.widget import Widget

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.sessions.attachments import AttachmentStore
from minicpm_tui.sessions.ids import ATTACHMENTS
from minicpm_tui.sessions.summary import SessionInfo
from minicpm_tui.ui.terminal.graphics.painter import Painting
from minicpm_tui.ui.terminal.paintings import forget, painted, when_cells_change
from minicpm_tui.ui.viewer.thumbnails import COLUMNS, Rows, side_by_side


class PicturePreview(Widget):
    """Thumbnails of a session's first attachments; hidden when it has none."""

    DEFAULT_CSS = "PicturePreview { height: 8; padding: 1 1 0 1; display: none; } PicturePreview.-some { display: block; }"

    def __init__(self) -> None:
        super().__init__()
        self._folder: Path | None = None
        self._info: SessionInfo | None = None
        self._paintings: list[Painting] = []
        self._rows: Rows = []

    def show(self, folder: Path, info: SessionInfo | None) -> None:
        """Draw the pictures of ``info``, whose session folders lie in ``folder``."""
        self._folder, self._info = folder, info
        self.set_class(bool(info and info.pictures), "-some")
        self._draw()

    @property
    def drawn(self) -> int:
        """How many pictures show."""
        return len(self._paintings)

    def on_mount(self) -> None:
        when_cells_change(self, self._draw)

    def on_resize(self, _event: Resize) -> None:
        self._draw()

    def on_unmount(self) -> None:
        self._replace([])

    @work(exclusive=True, group="draw")
    async def _draw(self) -> None:
        info, folder = self._info, self._folder
        if info is None or folder is None or not info.pictures or not self.content_size:
            self._replace([])
            return
        await asyncio.sleep(0.08)  # the cursor may only pass over it
        store = AttachmentStore(folder / info.id / ATTACHMENTS)
        found: list[Painting] = []
        for digest in info.pictures:
            try:
                data = await asyncio.to_thread(store.read, digest)
                columns = min(COLUMNS, self.content_size.width)
                found.append(await painted(self.app, data, columns, self.content_size.height, spare=True))
            except (MinicpmTuiError, OSError):
                continue  # gone or no picture: the list still names the session
        self._replace(found)

    def _replace(self, paintings: list[Painting]) -> None:
        for painting in self._paintings:
            forget(self.app, painting)
        self._paintings = [painting for painting in paintings if painting.rows]
        self._rows = side_by_side(self._paintings, self.content_size.width)[: self.content_size.height]
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.content_size.width
        row = self._rows[y] if y < len(self._rows) else [Segment("")]
        return Strip(Segment.apply_style(row, self.rich_style)).adjust_cell_length(width, self.rich_style)
