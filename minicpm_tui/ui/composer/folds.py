"""Long texts that were pasted, each shown by a short mark: a field that is drawn anew at every key stays quick."""

from __future__ import annotations

from minicpm_tui.i18n import _

LONGEST = 20_000
"""Characters that are shown as they are."""


class Folds:
    """The texts behind the marks of one field."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def fold(self, text: str) -> str:
        """``text``, or the mark that stands for it from now on."""
        if len(text) <= LONGEST:
            return text
        known = next((mark for mark, folded in self._texts.items() if folded == text), "")
        mark = known or _("[pasted text {number}: {count:,} characters]").format(number=len(self._texts) + 1, count=len(text))
        self._texts[mark] = text
        return mark

    def whole(self, written: str) -> str:
        """``written`` with the texts in place of their marks."""
        for mark, text in self._texts.items():
            written = written.replace(mark, text)
        return written

    def mark_before(self, written: str) -> str:
        """The mark that ``written`` ends with; empty for none."""
        return next((mark for mark in self._texts if written.endswith(mark)), "")
