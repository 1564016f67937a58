"""The file tree: draws only the rows that show, so that a folder of ten thousand files is as quick as one of ten."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.events import Click, Key
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from minicpm_tui.text import format_bytes, one_line
from minicpm_tui.ui.files.commands import TREE
from minicpm_tui.ui.files.rows import Row, Rows
from minicpm_tui.ui.kit.commands import Commanded, bindings


class FileTree(Commanded, ScrollView, can_focus=True):
    """Shows ``rows`` and moves among them; what a key means for the disk it says in messages."""

    DECLARED = TREE
    BINDINGS = bindings(TREE)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tree--folder",
        "tree--file",
        "tree--video",
        "tree--size",
        "tree--marked",
        "tree--cursor",
    }
    DEFAULT_CSS = """
    FileTree {
        height: 1fr; background: transparent; scrollbar-size-vertical: 1; overflow-x: hidden;
        .tree--folder { color: $text-primary; text-style: bold; }
        .tree--file { color: $foreground; }
        .tree--video { color: $text-secondary; }
        .tree--size { color: $muted; }
        .tree--marked { color: $text-accent; text-style: bold; }
        .tree--cursor { background: $block-cursor-blurred-background; }
        &:focus .tree--cursor { color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold; }
    }
    """

    cursor: reactive[int] = reactive(0)

    class Highlighted(Message):
        """The cursor stands on ``path`` now; None in an empty tree."""

        def __init__(self, path: Path | None, folder: bool) -> None:
            super().__init__()
            self.path = path
            self.folder = folder

    class Unfold(Message):
        """A folder is to be opened, or closed when it is open."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    class Chosen(Message):
        """The marked files, or the one under the cursor."""

        def __init__(self, paths: tuple[Path, ...]) -> None:
            super().__init__()
            self.paths = paths

    class Up(Message):
        """Show the folder above the root."""

    class Typed(Message):
        """A letter that belongs into the filter."""

        def __init__(self, character: str) -> None:
            super().__init__()
            self.character = character

    def __init__(self, rows: Rows) -> None:
        super().__init__(classes="first")
        self.data = rows

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.data.rows[self.cursor] if self.cursor < len(self.data.rows) else None

    def changed(self, stay: Path | None = None) -> None:
        """The rows are other ones; the cursor goes to ``stay`` where that shows."""
        self.data.rebuild()
        index = self.data.index_of(stay) if stay else None
        self.virtual_size = Size(self.size.width, len(self.data.rows))
        self.cursor = min(self.cursor if index is None else index, max(len(self.data.rows) - 1, 0))
        self.refresh()
        self._tell()

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, len(self.data.rows) - 1))

    def watch_cursor(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False)
        self.refresh()
        self._tell()

    def _tell(self) -> None:
        row = self.current
        self.post_message(self.Highlighted(row.entry.path if row else None, bool(row and row.entry.folder)))

    # -- what keys and clicks do ----------------------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        self.cursor += step

    def action_page(self, step: int) -> None:
        self.cursor += step * max(self.size.height - 1, 1)

    def action_edge(self, end: int) -> None:
        self.cursor = len(self.data.rows) if end else 0

    def action_mark(self) -> None:
        if (row := self.current) and not row.entry.folder:
            self.data.mark(row.entry.path)
            self.cursor += 1
            self.refresh()

    def action_choose(self) -> None:
        row = self.current
        if row and row.entry.folder:
            self.post_message(self.Unfold(row.entry.path))
        elif self.data.marked or row:
            here = (row.entry.path,) if row else ()
            self.post_message(self.Chosen(tuple(self.data.marked) or here))
            self.data.marked.clear()
            self.refresh()

    def action_unfold(self) -> None:
        if (row := self.current) and row.entry.folder and not row.open:
            self.post_message(self.Unfold(row.entry.path))
        else:
            self.cursor += 1

    def action_fold(self) -> None:
        row = self.current
        if row and row.open:
            self.post_message(self.Unfold(row.entry.path))
        elif row and row.depth and (parent := self.data.index_of(row.entry.path.parent)) is not None:
            self.cursor = parent
        else:
            self.post_message(self.Up())

    def action_up(self) -> None:
        self.post_message(self.Up())

    def on_key(self, event: Key) -> None:
        if event.is_printable and event.character and event.character not in " .":
            event.stop()
            self.post_message(self.Typed(event.character))

    def on_click(self, event: Click) -> None:
        index = event.y + self.scroll_offset.y
        if index < len(self.data.rows):
            again = index == self.cursor
            self.cursor = index
            if self.data.rows[index].entry.folder or event.chain == 2:
                self.action_choose()
            elif again and event.ctrl:
                self.action_mark()

    # -- drawing --------------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self.data.rows):
            return Strip.blank(width, self.rich_style)
        row = self.data.rows[index]
        marked = row.entry.path in self.data.marked
        size = "" if row.entry.size is None else f" {format_bytes(row.entry.size)}"
        size = size if width >= 24 else ""
        left = ("●" if marked else " ") + "  " * row.depth + _symbol(row) + " " + one_line(row.entry.shown)
        name = left if row.entry.folder is False else f"{left}/"
        room = max(width - cell_len(size), 1)
        name = set_cell_size(name, room - 1) + "…" if cell_len(name) > room else set_cell_size(name, room)
        kind = "tree--marked" if marked else _kind(row)
        base = self.rich_style
        styles = [self.get_component_rich_style(part, partial=True) for part in (kind, "tree--size")]
        if index == self.cursor:
            cursor = self.get_component_rich_style("tree--cursor", partial=True)
            styles = [style + cursor for style in styles]
        return Strip([Segment(name, base + styles[0]), Segment(size, base + styles[1])], width)


def _symbol(row: Row) -> str:
    if row.entry.folder:
        return "▾" if row.open else "▸"
    return "▶" if row.entry.video else "▣"


def _kind(row: Row) -> str:
    if row.entry.folder:
        return "tree--folder"
    return "tree--video" if row.entry.video else "tree--file"
