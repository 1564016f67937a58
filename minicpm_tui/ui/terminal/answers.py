"""What the terminal answers, taken out of what is typed: it comes the same way, and Textual would type it into the composer.

Only answers that can come are looked for: Alt+], which begins like one, stays a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from textual.message import Message

_ANSWER = re.compile(
    r"\x1b\]1[01];rgba?:[0-9a-fA-F/]*(?:\x07|\x1b\\)"  # a colour
    r"|\x1b_Gi=31;[^\x1b]*\x1b\\"  # kitty's graphics
    r"|\x1b\[6;\d+;\d+t"  # a cell's size
    r"|\x1b\[0n"  # all is well: it has drawn what came before the question
    r"|\x1b\[[?>][\d;]*c"  # the device attributes, of both kinds
    r"|\x1b\[\?5522;\d\$y"  # whether it tells of pastes
    r"|\x1b\]72;t=q[^\x07\x1b]*(?:\x07|\x1b\\)"  # that it hands over drops
    r"|\x1bP>\|[^\x1b]*\x1b\\"  # name and version
)


def _beginnings(*steps: str) -> str:
    """A pattern for every beginning of what ``steps`` match one after another."""
    pattern = ""
    for step in reversed(steps):
        pattern = f"(?:{step}{pattern})?"
    return pattern


_BEGUN = re.compile(
    r"\x1b(?:"
    + "|".join(
        (
            r"\]" + _beginnings("1", "[01]", ";", "r", "g", "b", "a?", ":", r"[0-9a-fA-F/]*\x1b?"),
            r"\]" + _beginnings("7", "2", ";", "t", "=", "q", r"[^\x07\x1b]*\x1b?"),
            "_" + _beginnings("G", "i", "=", "3", "1", ";", r"[^\x1b]*\x1b?"),
            r"\[" + _beginnings("6", ";", r"\d*", ";", r"\d*"),
            r"\[0",
            r"\[[?>][\d;]*\$?",
            "P" + _beginnings(">", r"\|", r"[^\x1b]*\x1b?"),
        )
    )
    + ")?$"
)
_CERTAIN = 4
"""Characters after which a beginning can be no key."""
LONGEST = 256
"""Characters of an answer; one that does not end by then is none."""


class Answered(Message):
    """The terminal answered a question; ``text`` is the whole sequence."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Answers:
    """Reads what comes from the terminal: whole answers go to ``heard``, all else is handed on in its order."""

    def __init__(self, heard: Callable[[str], object]) -> None:
        self._heard = heard
        self._held = ""

    def feed(self, text: str) -> str:
        """What is typed of ``text``; the beginning of an answer is held back for the next call."""
        text, self._held = self._held + text, ""
        if "\x1b" not in text:
            return text
        typed, end = [], 0
        for answer in _ANSWER.finditer(text):
            typed.append(text[end : answer.start()])
            self._heard(answer.group())
            end = answer.end()
        rest = text[end:]
        begun = _BEGUN.search(rest)
        if begun and len(begun.group()) <= LONGEST:
            self._held = begun.group()
            rest = rest[: begun.start()]
        return "".join((*typed, rest))

    @property
    def holding(self) -> bool:
        """A beginning is held back."""
        return bool(self._held)

    def release(self) -> str:
        """Nothing more came: what may be a key is one. An answer that was cut stays held."""
        if len(self._held) > _CERTAIN:
            return ""
        held, self._held = self._held, ""
        return held
