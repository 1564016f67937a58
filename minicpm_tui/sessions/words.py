"""Text as the search index knows it. Chinese, Japanese and Korean have no spaces: each code point is a word of its own there.

A search for ``沙发`` is then the phrase ``"沙 发"``, and one character is enough to search for.
"""

from __future__ import annotations

import re

from minicpm_tui.text import one_line

_CJK = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3040-\u30ff\u3100-\u318f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_EACH = re.compile(f"[{_CJK}]")
_BELOW = "\\u0000-\\u10ff\\u1200-\\u2e7f"
"""Code points that are none of those, in two ranges: ``re`` passes over them in half of the time."""
_PIECE = re.compile(f"[{_BELOW}]++[^{_CJK}]*+|[{_CJK}]|[^{_CJK}]++")
_LEAD = 16
"""Characters before what was found: few enough for forty columns of Chinese."""
_WORD = re.compile(f"[{_CJK}]|[^\\W_{_CJK}]+")


def spaced(text: str) -> str:
    """``text`` for the index: with every CJK code point by itself."""
    return text if text.isascii() else " ".join(_PIECE.findall(text))


def terms(text: str) -> list[str]:
    """What a user searches for, split at spaces; quoted parts stay together."""
    return [quoted or word for quoted, word in re.findall(r'"([^"]+)"|([^\s"]+)', text)]


def query(text: str) -> str:
    """An FTS5 expression: all terms, each a phrase of which the last word may go on; empty when there is no word in it."""
    phrases = []
    for term in terms(text):
        words = _WORD.findall(term)
        if words:
            phrase = '"{}"'.format(" ".join(words))
            phrases.append(phrase if _EACH.fullmatch(words[-1]) else f"{phrase}*")
    return " AND ".join(phrases)


def marked(line: str, searched: str) -> list[tuple[str, bool]]:
    """``line`` in pieces; True for those that were searched for."""
    pattern = "|".join(re.escape(term) for term in sorted(terms(searched), key=len, reverse=True))
    pieces = re.split(f"({pattern})", line, flags=re.IGNORECASE) if pattern else [line]
    return [(piece, index % 2 == 1) for index, piece in enumerate(pieces) if piece]


def snippet(text: str, searched: str, width: int = 80) -> str:
    """About ``width`` characters of ``text`` around what was found, on one line."""
    line = one_line(text)
    places = [found.start() for term in terms(searched) if (found := re.search(re.escape(term), line, re.IGNORECASE))]
    start = max(min(places, default=0) - _LEAD, 0)
    end = start + width
    return f"{'…' if start else ''}{line[start:end]}{'…' if end < len(line) else ''}"
