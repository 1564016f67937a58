"""The file tree."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.events import Click, Key
from textual.message import Message
from textual.strip import Strip

from minicpm_tui.text import format_bytes, one_line
from minicpm_tui.ui.files.commands import TREE
from minicpm_tui.ui.files.rows import Row, Rows
from minicpm_tui.ui.kit.commands import bindings
from minicpm_tui.ui.kit.fitting import fitted
from minicpm_tui.ui.kit.list_cursor import by_key
from minicpm_tui.ui.kit.virtual_list import VirtualList


class FileTree(VirtualList[Row], can_focus=True):
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
        background: transparent;
        .tree--folder { color: $text-primary; text-style: bold; }
        .tree--file { color: $foreground; }
        .tree--video { color: $text-secondary; }
        .tree--size { color: $muted; }
        .tree--marked { color: $text-accent; text-style: bold; }
        .tree--cursor { color: $block-cursor-blurred-foreground; background: $block-cursor-blurred-background; }
        &:focus .tree--cursor { color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold; }
    }
    """

    class Unfold(Message):
        """A folder is to be opened, or closed when it is open."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    class FilesChosen(Message):
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
        super().__init__(by_key(lambda row: row.entry.path), classes="first")
        self.data = rows

    def changed(self, stay: Path | None = None, *, other: bool = False) -> None:
        """The rows are other ones; the cursor goes to ``stay`` where that shows. ``other`` as in ``show``."""
        self.data.rebuild()
        self.show(self.data.rows, other=other, at=self.data.index_of(stay) if stay else None)

    # -- what keys and clicks do ----------------------------------------------------------------------------------------------

    def action_mark(self) -> None:
        self.when_settled(self._mark)

    def _mark(self) -> None:
        if (row := self.current) and not row.entry.folder:
            self.data.mark(row.entry.path)
            self.stand(self.cursor + 1)
            self.refresh()

    def action_choose(self) -> None:
        self.when_settled(self._choose)

    def _choose(self) -> None:
        row = self.current
        if row and row.entry.folder:
            self._unfold(row)
        elif self.data.marked or row:
            here = (row.entry.path,) if row else ()
            self.post_message(self.FilesChosen(tuple(self.data.marked) or here))
            self.data.marked.clear()
            self.refresh()

    def _unfold(self, row: Row) -> None:
        self.expect()
        self.post_message(self.Unfold(row.entry.path))

    def action_unfold(self) -> None:
        self.when_settled(self._open)

    def _open(self) -> None:
        if (row := self.current) and row.entry.folder and not row.open:
            self._unfold(row)
        else:
            self.stand(self.cursor + 1)

    def action_fold(self) -> None:
        self.when_settled(self._fold)

    def _fold(self) -> None:
        row = self.current
        if row and row.open:
            self._unfold(row)
        elif row and row.depth and (parent := self.data.index_of(row.entry.path.parent)) is not None:
            self.stand(parent)
        else:
            self._up()

    def action_up(self) -> None:
        self.when_settled(self._up)

    def _up(self) -> None:
        self.expect()
        self.post_message(self.Up())

    def on_key(self, event: Key) -> None:
        if event.is_printable and event.character and event.character not in " .":
            event.stop()
            self.post_message(self.Typed(event.character))

    def clicked(self, index: int, event: Click) -> None:
        """Go to the row; open a folder, attach by a double click, mark with Ctrl."""
        again = index == self.cursor
        self.stand(index)
        if self.items[index].entry.folder or event.chain == 2:
            self.action_choose()
        elif again and event.ctrl:
            self.action_mark()

    # -- drawing --------------------------------------------------------------------------------------------------------------

    def draw(self, item: Row, line: int, width: int, *, chosen: bool) -> Strip:
        """One row: mark, indentation, symbol, name, size."""
        entry = item.entry
        marked = entry.path in self.data.marked
        size = "" if entry.size is None else f" {format_bytes(entry.size)}"
        size = size if width >= 24 else ""
        left = ("●" if marked else " ") + "  " * item.depth + _symbol(item) + " " + one_line(entry.shown)
        name = left if entry.folder is False else f"{left}/"
        name = fitted(name, max(width - cell_len(size), 1))
        kind = "tree--marked" if marked else _kind(item)
        base = self.rich_style
        styles = [self.get_component_rich_style(part, partial=True) for part in (kind, "tree--size")]
        if chosen:
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
