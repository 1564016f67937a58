"""Where ``**bold**`` may begin and end, in Chinese, Japanese and Korean too.

CommonMark asks for a space between a closing mark that follows punctuation and the next word. Those languages have none, so
that ``**加粗：**后`` would keep its stars. The rule is that of markdown-it's, comrak's and markdig's extension
(https://github.com/tats-u/markdown-cjk-friendly, specification.md); here it holds for ``*``, ``_`` and ``~~``.
"""

from __future__ import annotations

import unicodedata

_QUOTES = frozenset("“”‘’…—·")
"""Marks that Chinese shares with other languages."""


def can_open_close(before: str, after: str, *, in_words: bool) -> tuple[bool, bool]:
    """Whether marks between the characters ``before`` and ``after`` can open and can close; ``in_words``: within a word too."""
    left = _opens(before, after)
    right = _opens(after, before)
    return left and (in_words or not right or _punctuation(before)), right and (in_words or not left or _punctuation(after))


def common_open_close(before: str, after: str) -> tuple[bool, bool]:
    """Whether ``*`` between the characters ``before`` and ``after`` can open and can close for CommonMark."""
    return _flanks(before, after), _flanks(after, before)


def _flanks(outside: str, inside: str) -> bool:
    return not inside.isspace() and (not _punctuation(inside) or outside.isspace() or _punctuation(outside))


def _opens(outside: str, inside: str) -> bool:
    """Whether marks between the two flank ``inside``."""
    if inside.isspace():
        return False
    if not _punctuation(inside) or _cjk(inside):
        return True
    return outside.isspace() or _punctuation(outside) or _cjk(outside)


def _punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _cjk(character: str) -> bool:
    return character in _QUOTES or (not character.isascii() and unicodedata.east_asian_width(character) in "WFH")
