"""The widget: it shows a path of the tree of turns, and the reply that arrives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from minicpm_tui.markdown.blocks import warm
from minicpm_tui.messages import Delta, Message, Notice
from minicpm_tui.ui.conversation import messages
from minicpm_tui.ui.conversation.arrival import Arrival
from minicpm_tui.ui.conversation.commands import COMMANDS
from minicpm_tui.ui.conversation.cursor import Cursor
from minicpm_tui.ui.conversation.document import Document
from minicpm_tui.ui.conversation.entry import Entry, Extras
from minicpm_tui.ui.conversation.excerpts import Excerpts
from minicpm_tui.ui.conversation.finder import Finder
from minicpm_tui.ui.conversation.selection import row_key, selected_text
from minicpm_tui.ui.conversation.styles import CLASSES, css_of
from minicpm_tui.ui.conversation.viewport import Viewport
from minicpm_tui.ui.kit.commands import Commanded, bindings

Position = tuple[int, int]
"""``(2, 3)``: the second of three alternatives."""


class ConversationPane(Commanded, ScrollView, can_focus=True):
    """A conversation, drawn line by line from a cache.

    Give it messages with ``show`` and ``add``; a reply that arrives with ``begin``, ``feed`` and ``finish``. It follows the end
    until the reader scrolls away. What the reader wants comes out as the messages of ``ui.conversation.messages``.

    It is put together of a ``document``, a ``viewport`` on it, and what reads it there: ``cursor``, ``finder``, ``excerpts``,
    and the ``arrival`` of a reply.
    """

    ALLOW_SELECT = True
    DEFAULT_CSS = (
        css_of("ConversationPane") + "ConversationPane { height: 1fr; overflow: hidden hidden; background: $background; }"
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = CLASSES
    DECLARED = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = bindings(COMMANDS)

    def __init__(self, *, hint: str = "", id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        """``hint`` is shown while there is no message; lines are kept."""
        super().__init__(id=id, classes=classes)
        self.viewport = Viewport(self)
        self.viewport.view.hint = hint
        self.cursor = Cursor(self.viewport, self.post_message)
        self.finder = Finder(self.viewport, self.post_message)
        self.excerpts = Excerpts(self.document, self.viewport.view)
        self.arrival = Arrival(self.viewport)
        self._warm = False

    @property
    def document(self) -> Document:
        """What is shown, from the first row to the last."""
        return self.viewport.document

    # ---- what is shown

    def show(
        self,
        path: Sequence[Message],
        positions: Mapping[str, Position] | None = None,
        *,
        thumbnails: Mapping[str, Sequence[Sequence[Segment]]] | None = None,
    ) -> None:
        """Show ``path`` and nothing else, from its end. ``positions`` says which messages have alternatives, by id;
        ``thumbnails`` are rows to draw under a message's attachments."""
        self.arrival.cut_off()
        where, pictures = positions or {}, thumbnails or {}
        width = self.viewport.text_width
        self.document.load(
            [Entry(message, width, Extras(where.get(message.id, (1, 1)), pictures.get(message.id, ()))) for message in path]
        )
        self.cursor.leave()
        self.viewport.view.search = None
        if self.is_mounted and self.text_selection is not None:
            self.screen.clear_selection()
        self.viewport.place(follow=True)

    def add(self, message: Message, *, position: Position = (1, 1), thumbnails: Sequence[Sequence[Segment]] = ()) -> None:
        """Show ``message`` at the end and go there."""
        self.viewport.append(Entry(message, self.viewport.text_width, Extras(position, thumbnails)))

    def set_thumbnails(self, message_id: str, rows: Sequence[Sequence[Segment]]) -> None:
        """Draw ``rows`` under the attachments of a message that is already there."""
        if (index := self.document.index_of(message_id)) is not None:
            self.document.entries[index].extras.thumbnails = rows
            self.viewport.remake(index)

    # ---- the reply that arrives

    def begin(self, message: Message, *, position: Position = (1, 1)) -> None:
        """A reply is on its way; ``message`` is its empty beginning."""
        self.arrival.begin(Entry(message, self.viewport.text_width, Extras(position)))

    def feed(self, event: Delta | Notice | Iterable[Delta]) -> None:
        """A piece of the reply, or several. Cheap: what came is drawn together, 90 ms later at most."""
        if isinstance(event, Notice):
            if self.streaming:
                self.notice(event.text)
        else:
            self.arrival.add((event,) if isinstance(event, Delta) else event)

    def notice(self, text: str) -> None:
        """A line above the last message's text, for something that the user should know."""
        if self.document.entries:
            index = len(self.document.entries) - 1
            extras = self.document.entries[index].extras
            extras.notices = (*extras.notices, text)
            self.viewport.remake(index)

    def finish(self, message: Message) -> None:
        """The reply is over: ``message`` has all of it and its ``end``. Shown as soon as what was fed is."""
        self.arrival.finish(message)

    @property
    def streaming(self) -> bool:
        """Is a reply on its way, or not yet shown to its end?"""
        return self.arrival.under_way

    # ---- actions

    def action_scroll_lines(self, count: int) -> None:
        self.viewport.by_lines(count)

    def action_scroll_pages(self, count: int) -> None:
        self.viewport.by_pages(count)

    def action_scroll_begin(self) -> None:
        self.viewport.to_begin()

    def action_scroll_finish(self) -> None:
        self.viewport.to_end()

    def action_turn(self, step: int) -> None:
        self.cursor.turn(step)

    def action_code(self, step: int) -> None:
        self.cursor.next_code(step)

    def action_copy_selected(self) -> None:
        if text := self.excerpts.chosen(self.text_selection):
            self.post_message(messages.CopyRequested(text))

    def action_reasoning(self) -> None:
        self.cursor.fold_reasoning()

    def action_attachments(self) -> None:
        self.cursor.unfold_attachments()

    def action_as_written(self) -> None:
        self.cursor.show_written()

    def action_more(self) -> None:
        self.cursor.show_more()

    def action_edit(self) -> None:
        self.cursor.edit()

    def action_regenerate(self) -> None:
        self.cursor.regenerate()

    def action_sibling(self, step: int) -> None:
        self.cursor.sibling(step)

    def action_find_next(self, step: int) -> None:
        self.finder.step(step)

    # ---- Textual's side

    @property
    def allow_vertical_scroll(self) -> bool:
        return self.document.height > self.size.height

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self.viewport.scrolled(old_value, new_value)

    def on_mount(self) -> None:
        self.viewport.adopt_theme()

    def warm(self) -> None:
        """A reply will soon be shown: import what that needs, in a thread."""
        if self._warm:
            return
        self._warm = True
        self.run_worker(warm, group="warm", thread=True, exit_on_error=False)

    def on_unmount(self) -> None:
        self.arrival.stop()
        self.viewport.stop()

    def on_resize(self, event: Resize) -> None:
        self.viewport.resize(event.size)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.is_mounted:
            self.call_after_refresh(self.viewport.adopt_theme)

    def render_lines(self, crop: Region) -> list[Strip]:
        """What the compositor draws: look-ups only, no parsing, no layout."""
        view = self.viewport.view
        view.top, view.selection = self.viewport.top, self.text_selection
        return self.viewport.painter.paint(self.document, view, crop)

    def render_line(self, y: int) -> Strip:
        """What the mouse asks for: the line with places that a selection can begin and end at."""
        strip = self.render_lines(Region(0, y, self.size.width, 1))[0]
        row = self.viewport.top + y
        if not 0 <= row < self.document.height:
            return strip
        place = next(self.document.rows(row, row + 1), None)
        return strip.apply_offsets(0, row_key(place.entry, place.line)) if place else strip

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text as it was written."""
        return selected_text(self.document, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.viewport.by_lines(-3)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.viewport.by_lines(3)

    async def on_click(self, event: Click) -> None:
        meta = event.style.meta
        row = self.viewport.top + event.y
        if event.x == self.size.width - 1 and self.document.height > self.size.height:
            self.viewport.to_fraction(event.y / max(1, self.size.height - 1))
        elif link := meta.get("link"):
            self.post_message(messages.LinkClicked(link))
        elif action := meta.get("do"):
            self.cursor.press(action, row)
        elif event.chain == 1 and self.text_selection is None:
            self.cursor.move(self.document.entry_at(row) if self.document.entries else None)
        if event.chain > 1:
            event.prevent_default()
            event.stop()  # Textual would select everything
            if (chosen := self.excerpts.word(event.x, row, whole=event.chain > 2)) is not None:
                self.screen.selections = {self: chosen}

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width
