"""Small pictures under the messages of the conversation, painted one message at a time, the newest first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.worker import get_current_worker

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.messages import BlobReader, ImagePart, MediaPart, Message, VideoPart, media_of
from minicpm_tui.ui.terminal.graphics.painter import Painting
from minicpm_tui.ui.terminal.paintings import painted, terminal_of, when_cells_change

if TYPE_CHECKING:
    from minicpm_tui.ui.conversation import ConversationPane

ROWS = 6
COLUMNS = 24
GAP = 2
FRAMES = 6
"""A video shows so many of its frames, and a folder so many of its pictures, from first to last."""
MOST = 60
"""Messages that get pictures when a conversation opens; older ones keep their names alone."""

Rows = list[list[Segment]]


class Thumbnails:
    """Gives the messages of ``pane`` their pictures. ``show`` again when other messages are shown."""

    def __init__(self, pane: ConversationPane) -> None:
        self._pane = pane
        self._wanted: dict[str, tuple[Message, BlobReader]] = {}
        when_cells_change(pane, self._again)

    def show(self, messages: Iterable[Message], blobs: BlobReader) -> None:
        """Paint for ``messages`` in the background; a slow line is spared by ``thumbnails = "off"``."""
        wanted = [message for message in messages if media_of(message.content)][-MOST:]
        self._wanted = self._present() | {message.id: (message, blobs) for message in wanted}
        if wanted and terminal_of(self._pane.app).graphics != "off":
            self._pane.run_worker(self._paint(wanted[::-1], blobs), group="thumbnails")

    def _present(self) -> dict[str, tuple[Message, BlobReader]]:
        return {name: entry for name, entry in self._wanted.items() if self._pane.document.index_of(name) is not None}

    def _again(self) -> None:
        """Cells have another size: paint what is present once more."""
        for message, blobs in self._present().values():
            self._pane.run_worker(self._paint([message], blobs), group="thumbnails")

    async def _paint(self, messages: Sequence[Message], blobs: BlobReader) -> None:
        worker = get_current_worker()
        for message in messages:
            paintings = [await self._painting(digest, blobs) for digest in _digests(media_of(message.content))]
            if worker.is_cancelled:
                return
            rows = side_by_side([painting for painting in paintings if painting], self._pane.viewport.text_width)
            if rows:
                self._pane.set_thumbnails(message.id, rows)

    async def _painting(self, digest: str, blobs: BlobReader) -> Painting | None:
        try:
            data = await asyncio.to_thread(blobs.read, digest)
            return await painted(self._pane.app, data, COLUMNS, ROWS, spare=True)
        except (MinicpmTuiError, OSError, KeyError):
            return None  # the message still names it


def _digests(parts: Sequence[MediaPart]) -> list[str]:
    found: list[str] = []
    for pictures, members in groupby(parts, key=lambda part: isinstance(part, ImagePart)):
        run = list(members)
        if pictures and len(run) > FRAMES:  # they share a line, and one line of thumbnails tells what they are
            run = [run[index] for index in _spread(len(run))]
        for part in run:
            if isinstance(part, VideoPart):
                found += [part.frames[index].sha256 for index in _spread(len(part.frames))]
            else:
                found += part.digests
    return found


def _spread(count: int) -> list[int]:
    """Which of ``count`` are shown, from first to last."""
    return list(range(count)) if count <= FRAMES else [round(n * (count - 1) / (FRAMES - 1)) for n in range(FRAMES)]


def side_by_side(paintings: Sequence[Painting], width: int) -> Rows:
    """Paintings in lines of at most ``width`` cells, the rows of a line equally long; one that is wider is left out."""
    lines: list[list[Painting]] = []
    room = 0
    for painting in paintings:
        needed = painting.columns + GAP
        if painting.columns > width:
            continue
        if room < needed:
            lines.append([])
            room = width + GAP
        lines[-1].append(painting)
        room -= needed
    rows: Rows = []
    for number, line in enumerate(lines):
        rows += [[]] if number else []
        rows += [_row(line, index) for index in range(max(len(painting.rows) for painting in line))]
    return rows


def _row(line: Sequence[Painting], index: int) -> list[Segment]:
    row: list[Segment] = []
    for number, painting in enumerate(line):
        row += [Segment(" " * GAP)] if number else []
        row += painting.rows[index] if index < len(painting.rows) else [Segment(" " * painting.columns)]
    return row
