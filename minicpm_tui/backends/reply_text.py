"""The text of a reply on its way from chunks to deltas: whole characters, no keys, and not without end."""

from __future__ import annotations

from minicpm_tui.decoding import whole_text
from minicpm_tui.errors import ServerFailed
from minicpm_tui.i18n import _
from minicpm_tui.redaction import StreamRedaction
from minicpm_tui.text import format_count

TEXT_LIMIT = 8_000_000
"""Characters of a reply; no model's context has room for so many."""


class ReplyText:
    """Content or reasoning of one reply, fed with the text of its chunks."""

    def __init__(self) -> None:
        self._half = ""
        self._length = 0
        self._keys = StreamRedaction()

    def feed(self, text: str, *, odd: bool = False) -> str:
        """What can be shown of it now; ``odd``: it may hold halves of surrogate pairs. Raises ServerFailed beyond the limit."""
        self._length += len(text)
        if self._length > TEXT_LIMIT:
            words = _("the reply has more than {count} characters").format(count=format_count(TEXT_LIMIT))
            raise ServerFailed(words, hint=_("limit it with --max-tokens"))
        if odd or self._half:
            text = self._joined(text)
        return self._keys.feed(text)

    def finish(self) -> str:
        """What was held back."""
        half, self._half = self._half, ""
        return self._keys.finish() + whole_text(half)

    def _joined(self, text: str) -> str:
        """Both halves of a surrogate pair may come in two chunks."""
        text, self._half = self._half + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return whole_text(text)
