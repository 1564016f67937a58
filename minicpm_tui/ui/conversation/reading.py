"""How one reads: scrolling, following the end, a cursor over the messages, finding, copying."""

from __future__ import annotations

from textual.geometry import Offset, Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.widget import Widget

from minicpm_tui.i18n import _
from minicpm_tui.messages import Role
from minicpm_tui.ui.commands import Commanded
from minicpm_tui.ui.conversation import messages, picking
from minicpm_tui.ui.conversation.document import Anchor, Document
from minicpm_tui.ui.conversation.entry import Entry
from minicpm_tui.ui.conversation.painting import Painter, View
from minicpm_tui.ui.conversation.palette import palette_of, plain_palette
from minicpm_tui.ui.conversation.search import Search
from minicpm_tui.ui.conversation.unit import BAR, GUTTER


class Reading(Commanded, ScrollView):
    """The reader's half of the pane."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        palette = plain_palette()
        self.view = View()
        self.document = Document(palette, self.text_width)
        self.painter = Painter(palette)
        self.following = True
        self._placing = False

    @property
    def text_width(self) -> int:
        """Cells for text."""
        return max(4, self.view.width - GUTTER - BAR)

    @property
    def allow_vertical_scroll(self) -> bool:
        return self.document.height > self.size.height

    # ---- layout without layouts: sizes are set silently, Textual is only told what to repaint

    def place(self, *, follow: bool | None = None, top: int | None = None, anchor: Anchor | None = None) -> None:
        """Make what is in sight known and stand at ``top``, at ``anchor``, or at the end."""
        if follow is not None:
            self.following = follow
        at = self.scroll_offset.y if top is None else top
        at = self.document.settle(at, self.view.height, follow=self.following, anchor=None if self.following else anchor)
        self._stand(at)
        self.refresh()

    def _stand(self, top: int) -> None:
        self.set_reactive(Widget.virtual_size, Size(self.view.width, self.document.height))
        self.set_reactive(Widget.scroll_target_y, float(top))
        self.set_reactive(Widget.scroll_y, float(top))
        if self.following:
            self.view.news = ""

    def changed(self, first: int) -> None:
        """The rows from ``first`` on are new."""
        before = self.scroll_offset.y
        if self.following:
            top = self.document.settle(before, self.view.height, follow=True)
            self._stand(top)
            if top != before:
                self.refresh()
                return
        else:
            self._stand(before)
            if not self.view.news and self.document.height > before + self.view.height:
                self.view.news = _("new text")
        width, height = self.view.width, self.view.height
        regions = [Region(width - BAR, 0, BAR, height)]
        if (y := max(0, first - before)) < height:
            regions.append(Region(0, y, width, height - y))
        elif not self.following:
            regions.append(Region(0, height - 1, width, 1))
        self.refresh(*regions)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Someone scrolled: the mouse, a key, or Textual while selecting."""
        if round(old_value) == round(new_value):
            return
        self.following = new_value >= self.max_scroll_y - 0.5
        self.place(top=round(new_value))

    def relayout(self) -> None:
        """The width or the theme changed: everything is drawn anew, the reader stays where they are."""
        anchor = self.document.anchor(self.scroll_offset.y)
        self.document.resize(self.painter.palette, self.text_width)
        self.place(anchor=anchor)

    def adopt_theme(self) -> None:
        """Take the colours of the app's theme."""
        palette = palette_of(self)
        if palette != self.painter.palette:
            self.painter = Painter(palette)
            self.relayout()

    def remake(self, index: int) -> None:
        """Entry ``index`` shows other furniture."""
        anchor = None if self.following else self.document.anchor(self.scroll_offset.y)
        self.document.entries[index].rebuild()
        self.document.measure(index)
        self.place(anchor=anchor)

    # ---- scrolling

    def action_scroll_lines(self, count: int) -> None:
        self.scroll_y = max(0, min(self.scroll_offset.y + count, self.max_scroll_y))

    def action_scroll_pages(self, count: int) -> None:
        self.action_scroll_lines(count * max(1, self.view.height - 2))

    def action_scroll_begin(self) -> None:
        self.following = False
        self.place(top=0, follow=self.document.height <= self.view.height)

    def action_scroll_finish(self) -> None:
        self.place(follow=True)

    def to_fraction(self, fraction: float) -> None:
        """Stand at ``fraction`` (0 … 1) of the whole."""
        self.scroll_y = round(self.max_scroll_y * max(0.0, min(1.0, fraction)))

    def to_line(self, entry: int, line: int) -> None:
        """Bring a line of an entry into sight."""
        y = self.document.start(entry) + line
        top = self.scroll_offset.y
        if not top + 1 <= y < top + self.view.height - 2:
            self.place(follow=False, top=max(0, min(y - self.view.height // 3, self.document.height - self.view.height)))
            self.following = self.scroll_offset.y >= self.max_scroll_y
        self.refresh()

    # ---- the cursor

    @property
    def cursor_id(self) -> str | None:
        """The id of the message that the cursor stands on."""
        return None if self.view.cursor is None else self.document.entries[self.view.cursor].message.id

    @property
    def cursor_role(self) -> Role | None:
        return None if self.view.cursor is None else self.document.entries[self.view.cursor].message.role

    def index_of(self, message_id: str) -> int | None:
        """Which entry shows a message."""
        return next((n for n, entry in enumerate(self.document.entries) if entry.message.id == message_id), None)

    def forget_reader(self) -> None:
        """Another conversation: no cursor, no search, no selection."""
        self.view.cursor = self.view.code = self.view.search = None
        if self.is_mounted and self.text_selection is not None:
            self.screen.clear_selection()

    def set_cursor(self, index: int | None) -> None:
        """Put the cursor on an entry, or nowhere."""
        self.view.cursor, self.view.code = index, None
        self.refresh()
        self.refresh_bindings()
        self.post_message(messages.CursorMoved(self.cursor_id))

    def action_turn(self, step: int) -> None:
        """The message before or after the cursor; without one, from what is in sight."""
        count = len(self.document.entries)
        if not count:
            return
        if self.view.cursor is None:
            bottom = min(self.scroll_offset.y + self.view.height, self.document.height) - 1
            index = self.document.entry_at(bottom)
        else:
            index = max(0, min(self.view.cursor + step, count - 1))
        self.set_cursor(index)
        self.to_line(index, 0)

    def action_code(self, step: int) -> None:
        """Select the next code block of the message under the cursor (the last one without a cursor)."""
        if not self.document.entries:
            return
        if self.view.cursor is None:
            self.view.cursor = len(self.document.entries) - 1
        index = self.view.cursor
        entry = self._drawn_whole(index)
        if blocks := picking.code_rows(entry):
            now = blocks.index(self.view.code) if self.view.code in blocks else -1 if step > 0 else 0
            self.view.code = blocks[(now + step) % len(blocks)]
            self.to_line(index, self.view.code[0])
        self.place()

    def _drawn_whole(self, index: int) -> Entry:
        """Entry ``index`` with all its rows."""
        entry = self.document.entries[index]
        entry.expand()
        for unit in entry.units:
            self.document.draw(unit)
        self.document.measure(index)
        return entry

    # ---- copying

    def copy_reply(self, message_id: str | None = None) -> str:
        """The text of a message as it was written: the one asked for, under the cursor, or the last reply."""
        entries = self.document.entries
        index = self.index_of(message_id) if message_id else self.view.cursor
        if index is None:
            index = next((n for n in reversed(range(len(entries))) if entries[n].message.role == "assistant"), None)
        return "" if index is None else entries[index].source

    def copy_code_block(self, message_id: str | None = None) -> str:
        """The source of the selected code block, else of the last one of that message or of the conversation."""
        index = self.index_of(message_id) if message_id else self.view.cursor
        if index is not None and index == self.view.cursor and self.view.code is not None:
            entry = self._drawn_whole(index)
            rows, blocks = picking.code_rows(entry), picking.code_blocks(entry)
            if self.view.code in rows and rows.index(self.view.code) < len(blocks):
                return blocks[rows.index(self.view.code)]
        among = self.document.entries if index is None else [self.document.entries[index]]
        for entry in reversed(among):
            if entry.message.role == "assistant" and (blocks := picking.code_blocks(entry)):
                return blocks[-1]
        return ""

    def action_copy_selected(self) -> None:
        """Ask for the selected text, code block, or message to be copied."""
        if self.text_selection is not None:
            text = picking.selected_text(self.document, self.text_selection)
        else:
            text = self.copy_code_block() if self.view.code is not None else self.copy_reply()
        if text:
            self.post_message(messages.CopyRequested(text))

    def select_word(self, x: int, row: int, *, whole: bool) -> None:
        """Select the word at a cell of ``row``, or the whole row."""
        place = next(self.document.rows(row, row + 1), None)
        if place is None:
            return
        found = picking.word_at(place.row.line.text, max(0, x - GUTTER))
        begin, end = (0, len(place.row.line.text)) if whole else found
        key = picking.row_key(place.entry, place.line)
        self.screen.selections = {self: Selection(Offset(begin + GUTTER, key), Offset(end + GUTTER, key))}

    # ---- what is clicked or asked for with a key

    def do(self, action: str, row: int) -> None:
        """Carry out the action of a clickable text in ``row``."""
        index = self.document.entry_at(row)
        line = row - self.document.start(index)
        if action == "end":
            self.action_scroll_finish()
        elif action == "reasoning":
            self._fold(index)
        elif action in {"previous", "next"}:
            self._sibling(index, -1 if action == "previous" else 1)
        elif action == "copy-code":
            entry = self._drawn_whole(index)
            rows, blocks = picking.code_rows(entry), picking.code_blocks(entry)
            number = next((n for n, (begin, end) in enumerate(rows) if begin <= line < end), None)
            if number is not None and number < len(blocks):
                self.post_message(messages.CopyRequested(blocks[number]))

    def _fold(self, index: int) -> None:
        extras = self.document.entries[index].extras
        extras.reasoning_shown = not extras.reasoning_shown
        self.remake(index)

    def _sibling(self, index: int, step: int) -> None:
        entry = self.document.entries[index]
        position, count = entry.extras.position
        if 1 <= position + step <= count:
            self.post_message(messages.SiblingRequested(entry.message.id, step))

    def action_reasoning(self) -> None:
        """Fold or unfold the reasoning of the reply under the cursor, or of the last one that has some."""
        entries = self.document.entries
        among = reversed(range(len(entries))) if self.view.cursor is None else [self.view.cursor]
        for index in among:
            if entries[index].reasoning:
                self._fold(index)
                return

    def action_sibling(self, step: int) -> None:
        if self.view.cursor is not None:
            self._sibling(self.view.cursor, step)

    def action_edit(self) -> None:
        if self.cursor_id is not None:
            self.post_message(messages.EditRequested(self.cursor_id))

    def action_regenerate(self) -> None:
        if self.cursor_id is not None:
            self.post_message(messages.RegenerateRequested(self.cursor_id))

    # ---- finding

    @property
    def searching(self) -> bool:
        return self.view.search is not None

    def find(self, text: str) -> tuple[int, int]:
        """Mark every ``text`` and go to the first one from here on; which match that is, and how many there are."""
        if not text.strip():
            self.end_find()
            return 0, 0
        self.view.search = Search(text, self.document.entries)
        self.view.search.near(self.document.entry_at(self.scroll_offset.y))
        return self._to_match()

    def find_next(self, step: int = 1) -> tuple[int, int]:
        """Go on to the next match, or back."""
        if self.view.search is None:
            return 0, 0
        self.view.search.step(step)
        return self._to_match()

    def action_find_next(self, step: int) -> None:
        self.find_next(step)

    def end_find(self) -> None:
        """No marks any more."""
        self.view.search = None
        self.refresh()
        self.refresh_bindings()

    def _to_match(self) -> tuple[int, int]:
        search = self.view.search
        assert search is not None
        if (match := search.current) is not None:
            entry = self.document.entries[match.entry]
            if entry.expand():
                self.document.measure(match.entry)
            line = 0
            for unit in entry.units:
                part = unit.part
                if part.source is not None and part.base <= match.start < part.base + len(part.source):
                    rows = self.document.draw(unit)
                    spans = (search.spans(match.entry, part, row.line) for row in rows)
                    line += next((n for n, found in enumerate(spans) if any(now for _b, _e, now in found)), 0)
                    break
                line += unit.height
            self.document.measure(match.entry)
            self.to_line(match.entry, line)
        self.refresh()
        self.refresh_bindings()
        count = (search.index + 1, len(search.matches))
        self.post_message(messages.Found(*count))
        return count
