"""The list of sessions as one widget that draws the rows in sight: ten thousand cost as much as ten."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from minicpm_tui.i18n import ngettext
from minicpm_tui.sessions.ids import moment_of
from minicpm_tui.sessions.library import SearchHit
from minicpm_tui.sessions.summary import SessionInfo
from minicpm_tui.sessions.words import marked
from minicpm_tui.text import format_bytes, one_line

_ROWS = 2
_ROWS_FOUND = 3


class SessionList(ScrollView, can_focus=False):
    """Two rows a session, three when they were searched for. The keyboard stays with the search field above it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"list--title", "list--facts", "list--snippet", "list--found", "list--cursor"}
    DEFAULT_CSS = """
    SessionList { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; }
    SessionList .list--title { color: $foreground; text-style: bold; }
    SessionList .list--facts { color: $text-muted; }
    SessionList .list--snippet { color: $secondary; }
    SessionList .list--found { color: $primary; text-style: bold underline; }
    SessionList .list--cursor { color: $primary; background: $primary 20%; }
    """

    class Highlighted(Message):
        """The cursor stands on another session, or on none."""

        def __init__(self, info: SessionInfo | None) -> None:
            super().__init__()
            self.info = info

    class Chosen(Message):
        """A session was clicked twice."""

        def __init__(self, info: SessionInfo) -> None:
            super().__init__()
            self.info = info

    def __init__(self) -> None:
        super().__init__()
        self.hits: list[SearchHit] = []
        self.cursor = 0
        self.words = ""
        self.searched = ""
        self._rows = _ROWS

    @property
    def current(self) -> SessionInfo | None:
        """The session under the cursor."""
        return self.hits[self.cursor].session if self.cursor < len(self.hits) else None

    def show(self, hits: list[SearchHit], words: str, searched: str = "") -> None:
        """Show ``hits`` of a search for ``searched``; ``words`` stand in an empty list.

        The cursor stays on its session when that is still there.
        """
        before = self.current
        names = {hit.session.id: index for index, hit in enumerate(hits)}
        self.cursor = names.get(before.id, 0) if before else 0
        self.hits, self.words, self.searched = hits, words, searched
        self._resize()
        self._reveal()
        self.refresh()
        if self.current != before or not hits:
            self.post_message(self.Highlighted(self.current))

    def move(self, step: int) -> None:
        """Move the cursor ``step`` sessions."""
        self._to(self.cursor + step)

    def step_off(self) -> None:
        """The session under the cursor goes away: stand on the next one, else on the one before."""
        self._to(self.cursor + 1 if self.cursor + 1 < len(self.hits) else self.cursor - 1)

    def move_pages(self, step: int) -> None:
        self._to(self.cursor + step * max(1, self.size.height // self._rows - 1))

    def _to(self, index: int) -> None:
        wanted = min(max(index, 0), len(self.hits) - 1)
        if self.hits and wanted != self.cursor:
            self.cursor = wanted
            self._reveal()
            self.refresh()
            self.post_message(self.Highlighted(self.current))

    @property
    def _found(self) -> bool:
        return any(hit.message for hit in self.hits)

    def _resize(self) -> None:
        self._rows = _ROWS_FOUND if self._found else _ROWS
        self.virtual_size = Size(self.size.width, len(self.hits) * self._rows)

    def _reveal(self) -> None:
        self.scroll_to_region(Region(0, self.cursor * self._rows, 1, self._rows), animate=False)

    def on_mount(self) -> None:
        self._resize()

    def on_resize(self, _event: Resize) -> None:
        self._resize()

    def on_click(self, event: Click) -> None:
        index = (event.y + self.scroll_offset.y) // self._rows
        if index < len(self.hits):
            self._to(index)
            if event.chain > 1:
                self.post_message(self.Chosen(self.hits[index].session))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        index, row = divmod(y + self.scroll_offset.y, self._rows)
        if not self.hits and y == 0:
            return self._strip("list--facts", self.words, width=width)
        if index >= len(self.hits):
            return Strip.blank(width, self.rich_style)
        hit, cursor = self.hits[index], index == self.cursor
        if row == 0:
            when = _when(hit.session)
            title = one_line(hit.session.title) or hit.session.id
            return self._strip("list--title", title, when, cursor=cursor, width=width, searched=self.searched)
        if row == 1:
            return self._strip("list--facts", _facts(hit.session), cursor=cursor, width=width)
        snippet = one_line(hit.snippet) if hit.message else ""
        return self._strip("list--snippet", snippet, cursor=cursor, width=width, searched=self.searched)

    def _strip(self, name: str, left: str, right: str = "", *, width: int, cursor: bool = False, searched: str = "") -> Strip:
        """A row with ``left`` cut to what ``right`` leaves of it, and what was searched for in it marked."""
        own = self.rich_style
        ground = Style(bgcolor=self.get_component_rich_style("list--cursor").bgcolor) if cursor else Style()
        style = own + self.get_component_rich_style(name) + ground
        found = style + self.get_component_rich_style("list--found") + ground
        room = max(width - 2 - cell_len(right), 0)
        text = f"{set_cell_size(left, max(room - 2, 0))}… " if cell_len(left) > room else set_cell_size(left, room)
        segments = [Segment(piece, found if is_found else style) for piece, is_found in marked(text, searched)]
        mark = Segment("▌ " if cursor else "  ", own + self.get_component_rich_style("list--cursor") if cursor else own)
        return Strip([mark, *segments, Segment(right, style)]).adjust_cell_length(width, style)


def _when(info: SessionInfo) -> str:
    """The time of the last event."""
    moment = moment_of(info.updated)
    return f" {moment.astimezone():%Y-%m-%d %H:%M} " if moment else ""


def _facts(info: SessionInfo) -> str:
    model = one_line((info.model or "").rstrip("/").rsplit("/", 1)[-1], 30)
    turns = ngettext("{count} turn", "{count} turns", info.turns).format(count=info.turns)
    files = ngettext("{count} attachment", "{count} attachments", info.attachments).format(count=info.attachments)
    facts = [model] if model else []
    facts += [turns, files] if info.attachments else [turns]
    return " · ".join([*facts, format_bytes(info.bytes), info.id])
