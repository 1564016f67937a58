"""Messages, code blocks and what is selected, as it was written: what can be copied from a conversation."""

from __future__ import annotations

from textual.geometry import Offset
from textual.selection import Selection

from minicpm_tui.ui.conversation import selection as selecting
from minicpm_tui.ui.conversation.document import Document
from minicpm_tui.ui.conversation.strips import View
from minicpm_tui.ui.conversation.unit import GUTTER


class Excerpts:
    """Takes text from ``document``; ``view`` says where the cursor stands and what is selected."""

    def __init__(self, document: Document, view: View) -> None:
        self._document = document
        self._view = view

    def reply(self, message_id: str | None = None) -> str:
        """The text of a message: the one asked for, under the cursor, or the last reply; empty when there is none."""
        entries = self._document.entries
        index = self._document.index_of(message_id) if message_id else self._view.cursor
        if index is None:
            index = next((n for n in reversed(range(len(entries))) if entries[n].message.role == "assistant"), None)
        return "" if index is None else entries[index].source

    def code_block(self, message_id: str | None = None) -> str:
        """The source of the selected code block, else of the last one of that message or of the conversation."""
        index = self._document.index_of(message_id) if message_id else self._view.cursor
        if index is not None and index == self._view.cursor and self._view.code is not None:
            entry = self._document.whole(index)
            rows, blocks = selecting.code_rows(entry), selecting.code_blocks(entry)
            if self._view.code in rows and rows.index(self._view.code) < len(blocks):
                return blocks[rows.index(self._view.code)]
        among = self._document.entries if index is None else [self._document.entries[index]]
        for entry in reversed(among):
            if entry.message.role == "assistant" and (blocks := selecting.code_blocks(entry)):
                return blocks[-1]
        return ""

    def chosen(self, selection: Selection | None) -> str:
        """What the user would copy: what ``selection`` covers, else the code block or the message under the cursor."""
        if selection is not None:
            return selecting.selected_text(self._document, selection)
        return self.code_block() if self._view.code is not None else self.reply()

    def word(self, x: int, row: int, *, whole: bool) -> Selection | None:
        """What selects the word at cell ``x`` of ``row``, or the ``whole`` row; None below the last row."""
        place = next(self._document.rows(row, row + 1), None)
        if place is None:
            return None
        text = place.row.line.text
        begin, end = (0, len(text)) if whole else selecting.word_at(text, max(0, x - GUTTER))
        key = selecting.row_key(place.entry, place.line)
        return Selection(Offset(begin + GUTTER, key), Offset(end + GUTTER, key))
