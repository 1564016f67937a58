"""Answers of a wished length, so that streaming and scrolling can be tried."""

from __future__ import annotations

import re
from itertools import cycle

from minicpm_tui.i18n import N_, translate

_WANTED = re.compile(r"(\d{2,5})\s*(?:words|tokens|字|词|个字|个词)", re.IGNORECASE)
_MOST = 20_000
_SENTENCES = (
    N_("This sentence is written so that there is something to read while the reply streams in."),
    N_("It can be scrolled, searched, copied and saved like any other."),
    N_("A stop key ends it at once, and what has arrived stays."),
    N_("The view follows the end until you scroll up, and follows again when you return to the end."),
    N_("The next question can be written while this one is still being answered."),
)


def wanted_length(question: str) -> int:
    """How many words (in Chinese: characters) a question asks for, 0 when it names no number."""
    match = _WANTED.search(question)
    return min(int(match.group(1)), _MOST) if match else 0


def words_of(length: int, tag: str) -> str:
    """Paragraphs of ``length`` words, or characters in Chinese."""
    chinese = tag == "zh_CN"
    gap = "" if chinese else " "
    units: list[str] = []
    for number, sentence in enumerate(cycle(_SENTENCES), 1):
        text = translate(sentence, tag)
        units += list(text) if chinese else text.split()
        if len(units) >= length:
            break
        if number % len(_SENTENCES) == 0:
            units[-1] += "\n\n"
    return gap.join(units[:length]).replace("\n\n ", "\n\n").rstrip()
