"""The widget: it shows a path of the tree of turns, and the reply that arrives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip

from minicpm_tui.markdown.blocks import warm
from minicpm_tui.messages import Delta, Message, Notice
from minicpm_tui.ui.conversation import messages
from minicpm_tui.ui.conversation.commands import COMMANDS
from minicpm_tui.ui.conversation.entry import Entry, Extras
from minicpm_tui.ui.conversation.flush_timer import Pacer
from minicpm_tui.ui.conversation.live import Live
from minicpm_tui.ui.conversation.matches import Finding
from minicpm_tui.ui.conversation.selection import row_key, selected_text
from minicpm_tui.ui.conversation.styles import CLASSES, css_of
from minicpm_tui.ui.kit.commands import bindings

Position = tuple[int, int]
"""``(2, 3)``: the second of three alternatives."""

_NOTHING = 1 << 60
"""Below every row: nothing is new."""


class ConversationPane(Finding, can_focus=True):
    """A conversation, drawn line by line from a cache.

    Give it messages with ``show`` and ``add``; a reply that arrives with ``begin``, ``feed`` and ``finish``. It follows the end
    until the reader scrolls away. What the reader wants comes out as the messages of ``ui.conversation.messages``.
    """

    LinkClicked = messages.LinkClicked
    CopyRequested = messages.CopyRequested
    SiblingRequested = messages.SiblingRequested
    EditRequested = messages.EditRequested
    RegenerateRequested = messages.RegenerateRequested
    CursorMoved = messages.CursorMoved
    Found = messages.Found

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
        self.view.hint = hint
        self._live: Live | None = None
        self._first_new = _NOTHING
        self._pacer = Pacer(self._advance)

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
        self._stop_live()
        where, pictures = positions or {}, thumbnails or {}
        entries = [
            Entry(message, self.text_width, Extras(where.get(message.id, (1, 1)), pictures.get(message.id, ())))
            for message in path
        ]
        self.document.load(entries)
        self.forget_reader()
        self.place(follow=True)

    def add(self, message: Message, *, position: Position = (1, 1), thumbnails: Sequence[Sequence[Segment]] = ()) -> None:
        """Show ``message`` at the end and go there."""
        self._append(Entry(message, self.text_width, Extras(position, thumbnails)))

    def set_hint(self, hint: str) -> None:
        """What an empty conversation says."""
        self.view.hint = hint
        self.refresh()

    def set_thumbnails(self, message_id: str, rows: Sequence[Sequence[Segment]]) -> None:
        """Draw ``rows`` under the attachments of a message that is already there."""
        if (index := self.index_of(message_id)) is not None:
            self.document.entries[index].extras.thumbnails = rows
            self.remake(index)

    # ---- the reply that arrives

    def begin(self, message: Message, *, position: Position = (1, 1)) -> None:
        """A reply is on its way; ``message`` is its empty beginning."""
        self._stop_live()
        entry = Entry(message, self.text_width, Extras(position))
        self._live = Live(self.document, entry)
        self._append(entry)

    def feed(self, event: Delta | Notice | Iterable[Delta]) -> None:
        """A piece of the reply, or several. Cheap: what came is drawn together, 80 ms later at most."""
        if self._live is None:
            return
        if isinstance(event, Notice):
            self.notice(event.text)
            return
        for delta in (event,) if isinstance(event, Delta) else event:
            self._live.add(delta)
        self._pacer.wake()

    def notice(self, text: str) -> None:
        """A line above the last message's text, for something that the user should know."""
        if self.document.entries:
            index = len(self.document.entries) - 1
            extras = self.document.entries[index].extras
            extras.notices = (*extras.notices, text)
            self.remake(index)

    def finish(self, message: Message) -> None:
        """The reply is over: ``message`` has all of it and its ``end``. Shown as soon as what was fed is."""
        if self._live is None:
            return
        self._live.end = message
        self._pacer.now()

    @property
    def streaming(self) -> bool:
        """Is a reply on its way, or not yet shown to its end?"""
        return self._live is not None

    def _append(self, entry: Entry) -> None:
        self.document.entries.append(entry)
        self.document.measure(len(self.document.entries) - 1)
        self.place(follow=True)

    def _advance(self) -> bool:
        """Show some of what has arrived; True when there is more."""
        live = self._live
        if live is None:
            return False
        first = self._first_new = min(self._first_new, live.advance())
        if live.behind:
            if self._pacer.due:
                self.changed(first)
                self._first_new = _NOTHING
            return True
        if live.end is not None:
            live.finish(live.end)
            self._live = None
            first = self.document.start(live.index)
        self.changed(first)
        self._first_new = _NOTHING
        return False

    def _stop_live(self) -> None:
        """A reply that is still arriving is cut off where it stands."""
        self._pacer.stop()
        if (live := self._live) is not None:
            self._live = None
            live.finish(live.end or live.entry.message.with_reply(live.entry.source, live.entry.reasoning, None))

    # ---- Textual's side

    def on_mount(self) -> None:
        self.adopt_theme()
        self.call_after_refresh(self.run_worker, warm, group="warm", thread=True, exit_on_error=False)

    def on_unmount(self) -> None:
        self._pacer.stop()

    def on_resize(self, event: Resize) -> None:
        self.view.width, self.view.height = event.size
        if self.text_width != self.document.width:
            self.relayout()
        else:
            self.place()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.is_mounted:
            self.call_after_refresh(self.adopt_theme)

    def render_lines(self, crop: Region) -> list[Strip]:
        """What the compositor draws: look-ups only, no parsing, no layout."""
        self.view.top = self.scroll_offset.y
        self.view.selection = self.text_selection
        return self.painter.paint(self.document, self.view, crop)

    def render_line(self, y: int) -> Strip:
        """What the mouse asks for: the line with places that a selection can begin and end at."""
        strip = self.render_lines(Region(0, y, self.size.width, 1))[0]
        row = self.scroll_offset.y + y
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
        self.action_scroll_lines(-3)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.action_scroll_lines(3)

    async def on_click(self, event: Click) -> None:
        meta = event.style.meta
        if event.x == self.size.width - 1 and self.document.height > self.size.height:
            self.to_fraction(event.y / max(1, self.size.height - 1))
        elif link := meta.get("link"):
            self.post_message(self.LinkClicked(link))
        elif action := meta.get("do"):
            self.do(action, self.scroll_offset.y + event.y)
        elif event.chain == 1 and self.text_selection is None:
            self.set_cursor(self.document.entry_at(self.scroll_offset.y + event.y) if self.document.entries else None)
        if event.chain > 1:
            event.prevent_default()
            event.stop()  # Textual would select everything
            self.select_word(event.x, self.scroll_offset.y + event.y, whole=event.chain > 2)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width
