"""From what is shown back to what was written."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from minicpm_tui.markdown.line import Leaf, Line

_TARGET = re.compile(r"\]\((?:[^()\\\n]|\\.|\([^()\n]*\))*\)|\]\[[^\]\n]*\]")
_MARKS = re.compile(r"\*+|_+|~+|`+|[\[\]]")


def places(leaf: Leaf, source: str) -> list[int]:
    """For each character of ``leaf.text`` its offset in ``source``; never decreasing.

    What is shown is what was written less its markup, so each shown character is looked for from the last one on.
    """
    found: list[int] = []
    at = leaf.start
    for character in leaf.text:
        place = _find(character, source, at, leaf.end)
        if place is None:  # drawn in place of something else: an entity, a spread tab, a picture
            found.append(found[-1] if found else at)
            continue
        found.append(place)
        at = place + 1
    return found


def shown_spans(line: Line, source: str, ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Which characters of ``line`` show something of the ``ranges`` of ``source``: from, to, and the number of the range."""
    for mark in line.marks:
        at = _known_places(mark.leaf, source)[mark.offset : mark.offset + mark.length]
        for number, (start, end) in enumerate(ranges):
            first, last = bisect_left(at, start), bisect_left(at, end)
            if last > first:
                yield mark.x + first, mark.x + last, number


@lru_cache(maxsize=512)
def _known_places(leaf: Leaf, source: str) -> tuple[int, ...]:
    return tuple(places(leaf, source))


def _find(character: str, source: str, at: int, end: int) -> int | None:
    limit = min(end, at + 4000)
    if character.isspace():
        return _blank(source, at, limit, end)
    while (found := source.find(character, at, limit)) >= 0 and character != "]":
        bracket = source.find("]", at, found)
        if bracket < 0:
            break
        target = _TARGET.match(source, bracket, end)
        at = target.end() if target else bracket + 1
    return found if found >= 0 else None


def _blank(source: str, at: int, limit: int, end: int) -> int | None:
    """The next space, with nothing but marks before it."""
    while at < limit and not source[at].isalnum():
        if source[at].isspace():
            return at
        target = _TARGET.match(source, at, end) if source[at] == "]" else None
        at = target.end() if target else at + 1
    return None


def balanced(source: str, start: int, end: int, low: int, high: int) -> tuple[int, int]:
    """``start`` and ``end`` moved outwards over markup, within ``low`` … ``high``, where that closes what they cut open."""
    left = start
    while left > low and source[left - 1] in "*_~`[":
        left -= 1
    right = end
    if target := _TARGET.match(source, right, high):
        right = target.end()
    while right < high and source[right] in "*_~`":
        right += 1
    choices = ((start, end), (left, end), (start, right), (left, right))
    return next((choice for choice in choices if _even(source[slice(*choice)])), (start, end))


def _even(text: str) -> bool:
    counts = Counter(_MARKS.findall(text))
    return all(count % 2 == 0 for mark, count in counts.items() if mark not in "[]") and counts["["] == counts["]"]
