"""The file picker: a filter, the tree below it, and a preview of the highlighted file."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Key, Resize
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from minicpm_tui.i18n import _
from minicpm_tui.paths import shortened
from minicpm_tui.text import one_line
from minicpm_tui.ui.files import folder as listing
from minicpm_tui.ui.files import paths
from minicpm_tui.ui.files.commands import PANE
from minicpm_tui.ui.files.preview import Preview
from minicpm_tui.ui.files.rows import Rows
from minicpm_tui.ui.files.tree import FileTree
from minicpm_tui.ui.kit import ui_state
from minicpm_tui.ui.kit.commands import Commanded, bindings
from minicpm_tui.ui.kit.field import Field
from minicpm_tui.ui.kit.messages import Attach, StartBatch

LOW = 18
"""With fewer rows the list of files gets them, and the preview is one line."""


class FilePane(Commanded, Vertical):
    """Starts in ``folder``, else where it was left.

    Posts ``Attach`` for what was chosen and ``Moved`` when it shows another folder.
    """

    DECLARED = PANE
    BINDINGS = bindings(PANE)
    DEFAULT_CSS = """
    FilePane {
        Input { border: none; height: 1; padding: 0 1; background: $boost; }
        &.-low Preview { height: 2; }
    }
    """

    class Moved(Message):
        """``folder`` is the root now."""

        def __init__(self, folder: Path) -> None:
            super().__init__()
            self.folder = folder

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self.rows = Rows(folder or ui_state.load().folder(Path.cwd()))
        self._hidden = False
        self._searching = threading.Event()

    def compose(self) -> ComposeResult:
        yield Field(placeholder=_("filter, or a path: Tab completes"), compact=True, select_on_focus=False)
        yield FileTree(self.rows)
        yield Preview()

    def on_mount(self) -> None:
        self.file_tree.expect()
        self.go_to(self.rows.root)

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < LOW, "-low")

    @property
    def file_tree(self) -> FileTree:
        """The tree below the path line."""
        return self.query_one(FileTree)

    @work(group="listing")
    async def go_to(self, folder: Path, stay: Path | None = None) -> None:
        """Make ``folder`` the root."""
        if await self._list(folder):
            self.rows.root = folder
            self.rows.found = None
            assert isinstance(self.parent, Widget)
            self.parent.border_title = one_line(shortened(folder))
            self.query_one(Input).value = ""
            self.file_tree.changed(stay, other=True)
            self.post_message(self.Moved(folder))
        else:
            self.file_tree.settle()

    async def _list(self, folder: Path) -> bool:
        try:
            self.rows.listed[folder] = await asyncio.to_thread(listing.list_folder, folder, hidden=self._hidden)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            self.notify(one_line(f"{folder}: {reason}"), severity="warning", markup=False)
            return False
        return True

    @on(FileTree.Unfold)
    async def _unfold(self, event: FileTree.Unfold) -> None:
        event.stop()
        if self.rows.found is not None:
            self.go_to(event.path)
        elif event.path in self.rows.opened:
            self.rows.opened.discard(event.path)
            self.file_tree.changed(event.path)
        elif await self._list(event.path):
            self.rows.opened.add(event.path)
            self.file_tree.changed(event.path)
        else:
            self.file_tree.settle()

    @on(FileTree.Up)
    def _up(self, event: FileTree.Up) -> None:
        event.stop()
        root = self.rows.root
        if root != root.parent:
            self.go_to(root.parent, stay=root)
        else:
            self.file_tree.settle()

    @on(FileTree.Highlighted)
    def _highlighted(self, event: FileTree.Highlighted) -> None:
        event.stop()
        row = self.file_tree.current
        self.query_one(Preview).show(None if row is None or row.entry.folder else row.entry.path)

    @on(FileTree.FilesChosen)
    def _chosen(self, event: FileTree.FilesChosen) -> None:
        event.stop()
        self.post_message(Attach(event.paths))

    @on(FileTree.Typed)
    def _typed(self, event: FileTree.Typed) -> None:
        event.stop()
        field = self.query_one(Input)
        field.focus()
        field.insert_text_at_cursor(event.character)

    # -- the filter -----------------------------------------------------------------------------------------------------------

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        event.stop()
        self._searching.set()
        if not event.value.strip():
            if self.rows.found is not None:
                self.rows.found = None
                self.file_tree.changed(other=True)
            else:
                self.file_tree.settle()
            return
        self.file_tree.expect()
        if paths.is_path(event.value):
            self._list_candidates(event.value)
        else:
            self._search(event.value)

    @work(exclusive=True, group="search")
    async def _list_candidates(self, text: str) -> None:
        """Below a path that is being typed stands what it could become."""
        found = await asyncio.to_thread(paths.candidates, self.rows.root, text, hidden=self._hidden)
        if self.query_one(Input).value == text:
            self.rows.found = found
            self.file_tree.changed(other=True)

    @work(group="path")
    async def _complete(self) -> None:
        """Keys behind Tab wait for what it completes; where the disk is slow, what is typed on wins."""
        field = self.query_one(Input)
        text = field.value
        found = await asyncio.to_thread(paths.candidates, self.rows.root, text, hidden=self._hidden)
        if field.value == text:
            field.value = paths.complete(text, found)
            field.cursor_position = len(field.value)

    @work(exclusive=True, group="search")
    async def _search(self, words: str) -> None:
        stop = self._searching = threading.Event()
        found = await asyncio.to_thread(listing.search, self.rows.root, words, hidden=self._hidden, stop=stop.is_set)
        if not stop.is_set():
            self.rows.found = found
            self.file_tree.changed(other=True)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.file_tree.focus()
        if paths.is_path(event.value):
            self.file_tree.expect()
            self._go_to_path()
        else:
            self.file_tree.when_settled(self._choose_only)

    def _choose_only(self) -> None:
        """The only file that the filter left needs no second Enter."""
        if len(self.rows.rows) == 1:
            self.file_tree.action_choose()

    @work(group="path")
    async def _go_to_path(self) -> None:
        """To the folder or file that is named, once it is completed; where there is none, it stays to be mended."""
        field = self.query_one(Input)
        path = paths.expand(self.rows.root, field.value)
        if await asyncio.to_thread(path.is_dir):
            self.go_to(path)
        elif await asyncio.to_thread(path.exists):
            self.go_to(path.parent, stay=path)
        else:
            self.file_tree.settle()
            field.focus()
            text = _("There is no file or folder {path}").format(path=one_line(str(path), 200))
            self.notify(text, severity="warning", markup=False)

    def on_key(self, event: Key) -> None:
        field = self.query_one(Input)
        if event.key == "down" and field.has_focus:
            event.stop()
            self.file_tree.focus()
        elif event.key == "tab" and field.has_focus and paths.is_path(field.value):
            event.stop()
            event.prevent_default()
            self._complete()
        elif event.key == "escape" and field.has_focus and field.value:
            event.stop()
            field.value = ""
            self.file_tree.focus()

    def action_batch(self) -> None:
        self.file_tree.when_settled(self._start_batch)

    def _start_batch(self) -> None:
        row = self.file_tree.current
        here = self.rows.root if row is None else row.entry.path if row.entry.folder else row.entry.path.parent
        self.post_message(StartBatch(tuple(self.rows.marked) or (here,)))

    def action_hidden(self) -> None:
        self._hidden = not self._hidden
        self.action_reload()

    @work(group="listing", exclusive=True)
    async def action_reload(self) -> None:
        row = self.file_tree.current
        for folder in [self.rows.root, *self.rows.opened]:
            if not await self._list(folder):
                self.rows.opened.discard(folder)
        self.file_tree.changed(row.entry.path if row else None)
