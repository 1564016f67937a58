"""A list that draws only the rows in sight, so that ten thousand items are as quick as ten."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic

from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import Command, Commanded
from minicpm_tui.ui.kit.list_cursor import Item, ListCursor, Nearest


def moves(group: str, *, up: Sequence[str] = (), down: Sequence[str] = ()) -> tuple[Command, ...]:
    """The commands that move a list's cursor; ``up`` and ``down`` are further keys for one row."""
    return (
        Command("move(-1)", N_("Up"), N_("One row up"), ("up", *up), group=group, palette=False),
        Command("move(1)", N_("Down"), N_("One row down"), ("down", *down), group=group, palette=False),
        Command("pages(-1)", N_("Page up"), N_("One page up"), ("pageup",), group=group, palette=False),
        Command("pages(1)", N_("Page down"), N_("One page down"), ("pagedown",), group=group, palette=False),
        Command("ends(-1)", N_("First"), N_("The first row"), ("home", "ctrl+home"), group=group, palette=False),
        Command("ends(1)", N_("Last"), N_("The last row"), ("end", "ctrl+end"), group=group, palette=False),
    )


class VirtualList(Commanded, ScrollView, Generic[Item], inherit_bindings=False):
    """Shows ``items``, each in ``lines`` rows that ``draw`` makes. Its cursor keeps to the rules of ``ListCursor``.

    While another list is on its way (``expect``), what the user asks for waits, so that keys typed ahead mean the rows that
    someone who types slowly would have seen.
    """

    DEFAULT_CSS = "VirtualList { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; }"

    class Highlighted(Message):
        """The cursor stands on another item, or its item has changed."""

    class Chosen(Message):
        """The item under the cursor was clicked twice."""

    lines: int = 1
    """Rows of each item."""

    def __init__(self, nearest: Nearest[Item], *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._cursor: ListCursor[Item] = ListCursor(nearest)
        self._awaited = False
        self._asked: deque[Callable[[], Any]] = deque()

    def draw(self, item: Item, line: int, width: int, *, chosen: bool) -> Strip:
        """Row ``line`` of ``item``, ``width`` cells; ``chosen`` is the one under the cursor."""
        raise NotImplementedError

    @property
    def items(self) -> Sequence[Item]:
        """What is listed."""
        return self._cursor.items

    @property
    def cursor(self) -> int:
        """The place of the chosen item."""
        return self._cursor.index

    @property
    def current(self) -> Item | None:
        """The item under the cursor."""
        return self._cursor.current

    @property
    def moved(self) -> bool:
        """The user has moved the cursor."""
        return self._cursor.moved

    def begin_anew(self) -> None:
        """What is shown next is of something else: the cursor begins on its first item."""
        self._cursor.moved = False

    # -- another list ---------------------------------------------------------------------------------------------------------

    def show(self, items: Sequence[Item], *, other: bool = False, at: int | None = None) -> None:
        """Show ``items``; the cursor goes to the place ``at``, else it stays on its item (see ``ListCursor.replace``)."""
        before, top = self.current, self.cursor * self.lines - self.scroll_offset.y
        in_sight = at is not None or 0 <= top < max(1, self.size.height)
        self._cursor.replace(items, other=other)
        if at is not None:
            self._cursor.to(at)
        self._measure()
        self.scroll_to(y=self.cursor * self.lines - top, animate=False, force=True)
        if in_sight:  # else the user has scrolled away from it with the mouse
            self._reveal()
        self.refresh()
        if self.current != before or not items:
            self.post_message(self.Highlighted())
        self.settle()

    def expect(self) -> None:
        """Another list is on its way: ``show`` or ``settle`` is called soon."""
        self._awaited = True

    def settle(self) -> None:
        """The list that was on its way is here, or does not come."""
        self._awaited = False
        while self._asked and not self._awaited:
            self._asked.popleft()()

    def when_settled(self, work: Callable[[], Any]) -> None:
        """Do ``work`` at once, or when the list that is on its way is here."""
        if self._awaited:
            self._asked.append(work)
        else:
            work()

    # -- moving ---------------------------------------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Move the cursor ``step`` items."""
        self.when_settled(lambda: self.stand(self.cursor + step))

    def action_pages(self, step: int) -> None:
        """Move the cursor ``step`` pages."""
        self.when_settled(lambda: self.stand(self.cursor + step * max(1, self.size.height // self.lines - 1)))

    def action_ends(self, way: int) -> None:
        """Move the cursor to the first item (-1) or to the last (1)."""
        self.when_settled(lambda: self.stand(len(self.items) if way > 0 else 0))

    def stand(self, index: int) -> None:
        """Move the cursor to the item at ``index``, or to the end that is next to it."""
        before = self.cursor
        self._cursor.to(index)
        self._reveal()
        if self.cursor != before:
            for changed in (before, self.cursor):
                self.refresh_lines(changed * self.lines, self.lines)
            self.post_message(self.Highlighted())

    def _measure(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.items) * self.lines)

    def _reveal(self) -> None:
        self.scroll_to_region(Region(0, self.cursor * self.lines, 1, self.lines), animate=False, force=True, x_axis=False)

    def on_mount(self) -> None:
        self._measure()

    def on_resize(self, _event: Resize) -> None:
        self._measure()
        self._reveal()

    def on_click(self, event: Click) -> None:
        index = (event.y + self.scroll_offset.y) // self.lines
        if 0 <= index < len(self.items):
            self.clicked(index, event)

    def clicked(self, index: int, event: Click) -> None:
        """The item at ``index`` was clicked."""
        self.stand(index)
        if event.chain > 1:
            self.post_message(self.Chosen())

    # -- drawing --------------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        index, line = divmod(y + self.scroll_offset.y, self.lines)
        if index >= len(self.items):
            return self.draw_empty(y, width)
        return self.draw(self.items[index], line, width, chosen=index == self.cursor)

    def draw_empty(self, y: int, width: int) -> Strip:
        """Row ``y`` of the list where there is no item."""
        return Strip.blank(width, self.rich_style)


class MovesList:
    """Mixin of screens whose ``listing`` leaves the keyboard to a text field: they carry out the list's commands."""

    listing: VirtualList[Any]

    def action_move(self, step: int) -> None:
        self.listing.action_move(step)

    def action_pages(self, step: int) -> None:
        self.listing.action_pages(step)

    def action_ends(self, way: int) -> None:
        self.listing.action_ends(way)
