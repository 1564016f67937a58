"""API keys that this process knows, taken out of whatever is shown or written: a server may repeat the key it was sent."""

from __future__ import annotations

import re
import threading
from functools import lru_cache

HIDDEN = "***"
_SHORTEST = 4
"""Letters; what is shorter is no secret, and stands in every other word."""
_LONG = 12
"""A key of so many letters is also found inside a word."""
_STREAMED = 8
"""A key of so many letters is also looked for where a reply may have cut it in two."""

_BREAK = r"(?:\s|\\{1,4}[nrt\n]|%0[9adAD]|%20){0,100}"
"""Between two letters of a long key: it was wrapped, or its lines were joined again."""
_LINE_BREAK = r"(?:[ \t]{0,100}(?:\r?\n|\\{1,4}[nr])[ \t]{0,100})?"
_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}

_known: frozenset[str] = frozenset()
_learning = threading.Lock()


def know(key: str) -> None:
    """From now on ``key`` is hidden. Empty and very short ones are not."""
    global _known
    key = key.strip()
    if len(key) >= _SHORTEST:
        with _learning:
            _known |= {key}


def hide(text: str) -> str:
    """``text`` with every known key replaced, also where it is wrapped or written with escapes of JSON, URLs or HTML."""
    keys = _known
    if len(text) < min(map(len, keys), default=len(text) + 1):
        return text
    return _pattern(keys).sub(HIDDEN, text)


@lru_cache(1)
def _pattern(keys: frozenset[str]) -> re.Pattern[str]:
    """Made when there is something to look through: it takes some milliseconds."""
    return re.compile("|".join(map(_expression, sorted(keys, key=len, reverse=True))))


def _expression(key: str) -> str:
    letters = map(_letter, key)
    if len(key) >= _LONG:
        return _BREAK.join(letters)
    return rf"(?:(?<![^\W_])|(?<=%[\da-fA-F]{{2}})|(?<=\\[nrt])){_LINE_BREAK.join(letters)}(?![^\W_])"


def _letter(letter: str) -> str:
    """One letter as it is, and as JSON, Python, URLs and HTML write it; what was written twice has its escapes escaped."""
    units, code = letter.encode("utf-16-be", "surrogatepass"), ord(letter)
    json = "".join(rf"\\{{1,4}}u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))
    octets = "".join(rf"(?:%(?:25){{0,3}}|\\{{1,4}}x){byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))
    escapes = [json, octets, f"&(?:amp;){{0,3}}#(?:0{{0,6}}{code}|x0{{0,6}}{code:x});"]
    if 128 <= code < 256:
        escapes.append(rf"\\{{1,4}}x{code:02x}")
    if letter in _ENTITIES:
        escapes.append(f"&(?:amp;){{0,3}}{_ENTITIES[letter]};")
    return rf"(?:\\{{0,4}}{re.escape(letter)}|(?i:{'|'.join(escapes)}))"


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
