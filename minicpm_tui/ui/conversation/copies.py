"""Copying messages, code blocks and what is selected, as it was written."""

from __future__ import annotations

from textual.geometry import Offset
from textual.selection import Selection

from minicpm_tui.ui.conversation import messages, selection
from minicpm_tui.ui.conversation.cursor import WithCursor
from minicpm_tui.ui.conversation.unit import GUTTER


class Copying(WithCursor):
    """The part of the pane that text is taken from."""

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
            rows, blocks = selection.code_rows(entry), selection.code_blocks(entry)
            if self.view.code in rows and rows.index(self.view.code) < len(blocks):
                return blocks[rows.index(self.view.code)]
        among = self.document.entries if index is None else [self.document.entries[index]]
        for entry in reversed(among):
            if entry.message.role == "assistant" and (blocks := selection.code_blocks(entry)):
                return blocks[-1]
        return ""

    def action_copy_selected(self) -> None:
        """Ask for the selected text, code block, or message to be copied."""
        if self.text_selection is not None:
            text = selection.selected_text(self.document, self.text_selection)
        else:
            text = self.copy_code_block() if self.view.code is not None else self.copy_reply()
        if text:
            self.post_message(messages.CopyRequested(text))

    def select_word(self, x: int, row: int, *, whole: bool) -> None:
        """Select the word at a cell of ``row``, or the whole row."""
        place = next(self.document.rows(row, row + 1), None)
        if place is None:
            return
        found = selection.word_at(place.row.line.text, max(0, x - GUTTER))
        begin, end = (0, len(place.row.line.text)) if whole else found
        key = selection.row_key(place.entry, place.line)
        self.screen.selections = {self: Selection(Offset(begin + GUTTER, key), Offset(end + GUTTER, key))}
