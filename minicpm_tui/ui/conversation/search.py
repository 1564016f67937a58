"""Finding text in the conversation, in what was written rather than in what is drawn."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from minicpm_tui.markdown.line import Line
from minicpm_tui.markdown.source import shown_spans
from minicpm_tui.ui.conversation.entry import Entry
from minicpm_tui.ui.conversation.unit import Part


class Match(NamedTuple):
    """``source[start:end]`` of an entry."""

    entry: int
    start: int
    end: int


class Search:
    """The matches of one text, in order, and the one that the reader is at."""

    def __init__(self, text: str, entries: Sequence[Entry]) -> None:
        self.text = text
        self.index = -1
        letters = len("".join(text.split()))
        searched = [(number, entry) for number, entry in enumerate(entries) if len(entry.source) >= letters]
        pattern = _pattern(text if searched else "")  # a long one takes its time
        self.matches = [
            Match(number, found.start(), found.end())
            for number, entry in searched
            for found in pattern.finditer(entry.source)
            if found.end() > found.start()
        ]

    @property
    def current(self) -> Match | None:
        """The match that the reader is at; None where nothing matches."""
        return self.matches[self.index] if 0 <= self.index < len(self.matches) else None

    def near(self, entry: int) -> None:
        """Stand on the first match from ``entry`` on, else on the last one before it."""
        self.index = min(bisect_left(self.matches, Match(entry, 0, 0)), len(self.matches) - 1)

    def step(self, by: int) -> None:
        """Go on, around the end."""
        if self.matches:
            self.index = (self.index + by) % len(self.matches)

    def spans(self, entry: int, part: Part, line: Line) -> list[tuple[int, int, bool]]:
        """Which characters of ``line`` belong to matches: from, to, whether it is the current match."""
        if part.source is None:
            return []
        first = bisect_left(self.matches, Match(entry, part.base - len(self.text) * 4, 0))
        near: list[tuple[int, Match]] = []
        for number in range(first, len(self.matches)):
            match = self.matches[number]
            if match.entry != entry or match.start >= part.base + len(part.source):
                break
            near.append((number, match))
        return _shown(near, self.index, part, line) if near else []


def _shown(near: list[tuple[int, Match]], current: int, part: Part, line: Line) -> list[tuple[int, int, bool]]:
    assert part.source is not None
    ranges = [(match.start - part.base, match.end - part.base) for _number, match in near]
    return [(begin, end, near[at][0] == current) for begin, end, at in shown_spans(line, part.source, ranges)]


def _pattern(text: str) -> re.Pattern[str]:
    """Words in a row, whatever markup or line break is between them; no regard to case."""
    words = text.split()
    if not words:
        return re.compile(r"(?!)")
    return re.compile(r"[*_~`\]]{0,3}[\s>]+[*_~`\[]{0,3}".join(re.escape(word) for word in words), re.IGNORECASE)
