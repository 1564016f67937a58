"""Texts compared as people do: without case, width of letters and space, by words."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Without case, width of letters, space around and between, and a full stop at the end."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".。")


def holds_words(text: str, words: str) -> bool:
    """Whether ``words`` occur in ``text`` as whole words; scripts without spaces have no words to tell apart.

    A single capital letter is the name of an option: its case counts, for ``a`` is an article.
    """
    wanted = unicodedata.normalize("NFKC", words).strip()
    letter = len(wanted) == 1 and wanted.isascii() and wanted.isupper()
    text, wanted = (unicodedata.normalize("NFKC", text), wanted) if letter else (plain(text), plain(words))
    place = text.find(wanted) if wanted else -1
    while place >= 0:
        end = place + len(wanted)
        if not (_joined(text[place - 1 : place], wanted[0]) or _joined(wanted[-1], text[end : end + 1])):
            return True
        place = text.find(wanted, place + 1)
    return False


def _joined(left: str, right: str) -> bool:
    """Whether both stand in one word."""
    return _in_word(left) and _in_word(right)


def _in_word(char: str) -> bool:
    """Letters and digits of scripts that put spaces between words: not CJK, Thai, Lao, Khmer, Burmese."""
    if not char.isalnum():
        return False
    return unicodedata.east_asian_width(char) not in "WF" and not ("\u0e00" <= char <= "\u0eff" or "\u1000" <= char <= "\u17ff")
