"""API keys that this process knows, taken out of whatever is shown or written: a server may repeat the key it was sent."""

from __future__ import annotations

import re

HIDDEN = "***"
_SHORTEST = 4
"""Letters; what is shorter is no secret, and stands in every other word."""
_LONG = 12
"""A key of so many letters is also found inside a word."""
_STREAMED = 8
"""A key of so many letters is also looked for where a reply may have cut it in two."""

_known: set[str] = set()
_pattern: re.Pattern[str] | None = None


def know(key: str) -> None:
    """From now on ``key`` is hidden. Empty and very short ones are not."""
    global _pattern
    key = key.strip()
    if len(key) < _SHORTEST or key in _known:
        return
    _known.add(key)
    _pattern = re.compile("|".join(map(_expression, sorted(_known, key=len, reverse=True))))


def hide(text: str) -> str:
    """``text`` with every known key replaced."""
    return _pattern.sub(HIDDEN, text) if _pattern is not None else text


def _expression(key: str) -> str:
    return re.escape(key) if len(key) >= _LONG else rf"(?<![^\W_]){re.escape(key)}(?![^\W_])"


class StreamRedaction:
    """Hides keys in a text that comes in pieces: what may be the beginning of a key is held back until more is here."""

    def __init__(self) -> None:
        self._held = ""
        self._keys = [key for key in _known if len(key) >= _STREAMED]
        self._first = frozenset(key[0] for key in self._keys)

    def feed(self, text: str) -> str:
        """What of ``text`` and what was held can be shown now."""
        if not self._held and self._first.isdisjoint(text):
            return text
        text = self._held + text
        for key in self._keys:
            text = text.replace(key, HIDDEN)
        keep = max((_overlap(text, key) for key in self._keys), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def finish(self) -> str:
        """What is still held: it was no key."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, key: str) -> int:
    """How many letters at the end of ``text`` are the beginning of ``key``."""
    return next((size for size in range(min(len(key) - 1, len(text)), 0, -1) if text.endswith(key[:size])), 0)
