"""What was selected with the mouse, as it was written; and the code blocks of a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from textual.geometry import Offset
from textual.selection import Selection

from minicpm_tui.markdown.line import Line, Mark
from minicpm_tui.markdown.parser import parse
from minicpm_tui.markdown.source import balanced, places
from minicpm_tui.markdown.wrap import width_of
from minicpm_tui.ui.conversation.document import Document
from minicpm_tui.ui.conversation.entry import Entry
from minicpm_tui.ui.conversation.unit import GUTTER, Unit

_SHIFT = 20
"""A row's place in a selection is ``entry << 20 | line``: it stays true while heights above change."""


class _Piece(NamedTuple):
    """What a unit gives to a selection; ``written`` by someone, not said by the program."""

    entry: int
    text: str
    written: bool


def row_key(entry: int, line: int) -> int:
    """The ``y`` of a row in selections."""
    return entry << _SHIFT | line


def selected_text(document: Document, selection: Selection) -> str:
    """The text under ``selection``: source where there is one, else what the program shows."""
    picked = [_of_unit(document, selection, *found) for found in _units(document, selection)]
    written = [piece for piece in picked if piece is not None and piece.written]
    pieces = written or [piece for piece in picked if piece is not None]  # figures and the like only by themselves
    text = ""
    before: _Piece | None = None
    for piece in pieces:
        if before is not None and before.entry != piece.entry:
            text = text.rstrip("\n") + "\n\n"
        elif not piece.written and text:
            text += "\n"
        text += piece.text
        before = piece
    return text.strip("\n")


def _units(document: Document, selection: Selection) -> Iterator[tuple[int, Unit, int]]:
    """The units that ``selection`` touches: their entry, themselves, their first line."""
    low = (selection.start or Offset(0, 0)).y
    high = selection.end.y if selection.end is not None else row_key(len(document.entries), 0)
    for index in range(low >> _SHIFT, min((high >> _SHIFT) + 1, len(document.entries))):
        entry = document.entries[index]
        entry.expand(whole=True)
        line = 0
        for unit in list(entry.units):
            document.draw(unit)
            if row_key(index, line + unit.height) > low and row_key(index, line) <= high:
                yield index, unit, line
            line += unit.height
    document.measure(0)


def _of_unit(document: Document, selection: Selection, index: int, unit: Unit, first: int) -> _Piece | None:
    spans = []
    for number, row in enumerate(document.draw(unit)):
        if (span := selection.get_span(row_key(index, first + number))) is not None:
            length = len(row.line.text)
            last = length if span[1] < 0 else min(length, span[1] - GUTTER)
            spans.append((row.line, max(0, span[0] - GUTTER), max(0, last)))
    if not spans:
        return None
    if unit.part.source is None:
        shown = (line.text[begin:end].rstrip() for line, begin, end in spans)
        return _Piece(index, "\n".join(line for line in shown if line), written=False)
    key = row_key(index, first)
    opened = selection.get_span(key) is not None and not spans[0][0].marks  # the line above code stands for its fence
    before = opened or selection.start is None or selection.start.y < key
    after = selection.end is None or selection.end.y >= row_key(index, first + unit.height)
    return _Piece(index, _written(unit.part.source, spans, before=before, after=after), written=True)


def _written(source: str, spans: list[tuple[Line, int, int]], *, before: bool, after: bool) -> str:
    """The part of ``source`` that is shown in ``spans``; from its beginning where the selection began ``before`` it."""
    marks = [found for line, begin, end in spans for found in _marks(line, begin, end)]
    if not marks:
        return source if before and after else ""
    first, skip, _length = marks[0]
    last, _skip, length = marks[-1]
    alone = first.leaf == last.leaf
    start = 0 if before else _first(source, first, skip, alone=alone and not after)
    end = len(source) if after else _last(source, last, length, alone=alone and not before)
    if alone and not before and not after:
        start, end = balanced(source, start, end, first.leaf.start, last.leaf.end)
    return source[start:end]


def _marks(line: Line, begin: int, end: int) -> Iterator[tuple[Mark, int, int]]:
    """The marks of ``line`` that are selected: from which and up to which character."""
    for mark in line.marks:
        skip, length = max(0, begin - mark.x), min(mark.length, end - mark.x)
        if length > skip:
            yield mark, skip, length


def _first(source: str, mark: Mark, skip: int, *, alone: bool) -> int:
    at = mark.offset + skip
    place = places(mark.leaf, source)[at]
    if at or alone:
        return place
    return source.rfind("\n", 0, place) + 1  # a leaf from its first character on: with its bullet, bar or number


def _last(source: str, mark: Mark, length: int, *, alone: bool) -> int:
    found = places(mark.leaf, source)
    at = mark.offset + length
    if at < len(found) or alone:
        return found[at - 1] + 1
    line_end = source.find("\n", found[-1])
    return len(source) if line_end < 0 else line_end


def code_blocks(entry: Entry) -> list[str]:
    """The code blocks of a message, as written between their fences, nested ones too."""
    return [token.content for token in parse(entry.source, {}) if token.type in {"fence", "code_block"}]


def code_rows(entry: Entry) -> list[tuple[int, int]]:
    """The lines of an entry, all of it drawn, that are code blocks: from, to."""
    rows = [row for unit in entry.units for row in unit.rows or ()]
    lines = ["code-block" in row.line.fill for row in rows]
    starts = {n for n, row in enumerate(rows) if any("do=copy-code" in ink for _text, ink in row.line.runs)}
    found: list[tuple[int, int]] = []
    group = 0
    numbers = []
    for number, is_code in enumerate(lines):
        group += number in starts or not is_code
        numbers.append((group, number, is_code))
    for _group, members in groupby(numbers, key=lambda item: item[0]):
        code = [number for _g, number, is_code in members if is_code]
        if code:
            found.append((code[0], code[-1] + 1))
    return found


def word_at(text: str, x: int) -> tuple[int, int]:
    """The word at cell ``x`` of ``text``."""
    at = next((n for n in range(len(text)) if width_of(text[: n + 1]) > x), len(text))
    for word in re.finditer(r"[\w./@:+-]+|\s+|.", text):
        if word.start() <= at < word.end():
            return word.span()
    return 0, len(text)
