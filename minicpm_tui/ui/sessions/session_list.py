"""The list of sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from minicpm_tui.i18n import ngettext
from minicpm_tui.sessions.ids import moment_of
from minicpm_tui.sessions.library import SearchHit
from minicpm_tui.sessions.summary import SessionInfo
from minicpm_tui.sessions.words import marked
from minicpm_tui.text import format_bytes, model_name, one_line
from minicpm_tui.ui.kit.fitting import fitted
from minicpm_tui.ui.kit.list_cursor import by_key
from minicpm_tui.ui.kit.virtual_list import VirtualList

_ROWS = 2
_ROWS_FOUND = 3


class SessionList(VirtualList[SearchHit], can_focus=False):
    """Two rows a session, three when they were searched for. The keyboard stays with the search field above it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"list--title", "list--facts", "list--snippet", "list--found", "list--cursor"}
    DEFAULT_CSS = """
    SessionList .list--title { color: $foreground; text-style: bold; }
    SessionList .list--facts { color: $text-muted; }
    SessionList .list--snippet { color: $secondary; }
    SessionList .list--found { color: $primary; text-style: bold underline; }
    SessionList .list--cursor { color: $block-cursor-blurred-foreground; background: $block-cursor-blurred-background; }
    """

    def __init__(self) -> None:
        super().__init__(by_key(lambda hit: hit.session.id))
        self.words = ""
        self.searched = ""
        self.lines = _ROWS

    @property
    def session(self) -> SessionInfo | None:
        """The session under the cursor."""
        return self.current.session if self.current else None

    def show_hits(self, hits: Sequence[SearchHit], words: str, searched: str = "", *, other: bool = False) -> None:
        """Show ``hits`` of a search for ``searched``; ``words`` stand in an empty list. ``other`` as in ``show``."""
        self.words, self.searched = words, searched
        self.lines = _ROWS_FOUND if any(hit.message for hit in hits) else _ROWS
        self.show(hits, other=other)

    def draw(self, item: SearchHit, line: int, width: int, *, chosen: bool) -> Strip:
        """Title, facts, or the words that were found, by ``line``."""
        session = item.session
        if line == 0:
            title = one_line(session.title) or session.id
            return self._strip("list--title", title, _when(session), cursor=chosen, width=width, searched=self.searched)
        if line == 1:
            return self._strip("list--facts", _facts(session), cursor=chosen, width=width)
        snippet = one_line(item.snippet) if item.message else ""
        return self._strip("list--snippet", snippet, cursor=chosen, width=width, searched=self.searched)

    def draw_empty(self, y: int, width: int) -> Strip:
        """What there is to say of an empty list, in its first row."""
        if not self.items and y == 0:
            return self._strip("list--facts", self.words, width=width)
        return super().draw_empty(y, width)

    def _strip(self, name: str, left: str, right: str = "", *, width: int, cursor: bool = False, searched: str = "") -> Strip:
        """A row with ``left`` cut to what ``right`` leaves of it, and what was searched for in it marked."""
        own = self.rich_style
        chosen = self.get_component_rich_style("list--cursor")
        ground = Style(color=chosen.color, bgcolor=chosen.bgcolor) if cursor else Style()
        style = own + self.get_component_rich_style(name) + ground
        found = style + self.get_component_rich_style("list--found") + ground
        room = max(width - 2 - cell_len(right), 0)
        text = fitted(left, room)
        segments = [Segment(piece, found if is_found else style) for piece, is_found in marked(text, searched)]
        mark = Segment("▌ " if cursor else "  ", own + ground)
        return Strip([mark, *segments, Segment(right, style)]).adjust_cell_length(width, style)


def _when(info: SessionInfo) -> str:
    """The time of the last event."""
    moment = moment_of(info.updated)
    return f" {moment.astimezone():%Y-%m-%d %H:%M} " if moment else ""


def _facts(info: SessionInfo) -> str:
    model = model_name(info.model or "", 30)
    turns = ngettext("{count} turn", "{count} turns", info.turns).format(count=info.turns)
    files = ngettext("{count} attachment", "{count} attachments", info.attachments).format(count=info.attachments)
    facts = [model] if model else []
    facts += [turns, files] if info.attachments else [turns]
    return " · ".join([*facts, format_bytes(info.bytes), info.id])
