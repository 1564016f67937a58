"""Breaking text into lines that fit, by the cells a terminal shows it in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, split_graphemes

from minicpm_tui.markdown.line import PLAIN, Leaf, Line, Mark, Run

_WIDE = (
    "\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7af\uf900-\ufaff"
    "\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003ffff"
)
_CLOSE = "、。，．：；！？）】》」』〉〕〗…％"
_OPEN = "（【《「『〈〔〖"
_PIECES = re.compile(rf"\n|[^\S\n]+|[{_OPEN}]*[{_WIDE}][{_CLOSE}]*|[^\s{_WIDE}]+[{_CLOSE}]*")

MINIMUM = 2
"""No line is narrower: a wide character has to fit."""

_MARKS = 64
"""Characters that one cell may hold."""
_WINDOW = 4096
"""Characters that are measured at a time: rich builds a list of all that it is given."""


def width_of(text: str) -> int:
    """Cells of ``text``."""
    return len(text) if text.isascii() else cell_len(text)


def spans(text: str, width: int) -> list[tuple[int, int]]:
    """Where the lines of ``text`` begin and end. Words stay whole where they fit; Chinese breaks after each character, but no
    line begins with a closing mark. Spaces at a break belong to no line."""
    width = max(width, MINIMUM)
    if len(text) <= width and text.isascii() and "\n" not in text:
        return [(0, len(text))]
    lines: list[tuple[int, int]] = []
    most = _most(width)
    start = used = 0
    for match in _PIECES.finditer(text):
        piece = match.group()
        at = match.start()
        if piece == "\n":
            lines.append((start, at))
            start, used = at + 1, 0
            continue
        cells = width_of(piece)
        if used + cells > width or match.end() - start > most:
            if piece.isspace():
                lines.append((start, at))
                start, used = match.end(), 0
                continue
            if at > start:
                lines.append((start, at))
                start, used = at, 0
            if cells > width or len(piece) > most:
                *whole, (first, last) = chop(piece, width)
                lines += ((at + begin, at + end) for begin, end in whole)
                start, cells = at + first, width_of(piece[first:last])
        elif not used and piece.isspace() and start and text[start - 1] != "\n":
            start = match.end()
            continue
        used += cells
    if start < len(text) or not lines or text.endswith("\n"):
        lines.append((start, len(text)))
    return lines


def chop(text: str, width: int) -> list[tuple[int, int]]:
    """Like ``spans`` for code: cut where the line is full, nothing left out."""
    width = max(width, MINIMUM)
    if text.isascii():
        return [(at, min(at + width, len(text))) for at in range(0, len(text), width)] or [(0, 0)]
    lines: list[tuple[int, int]] = []
    most = _most(width)
    start = used = 0
    for begin, end, cells in _graphemes(text):
        if begin > start and (used + cells > width or end - start > most):
            lines.append((start, begin))
            start, used = begin, 0
        used += cells
    lines.append((start, len(text)))
    return lines


def _most(width: int) -> int:
    """Characters in a line of ``width`` cells, at most: marks that take no cell pile up without end."""
    return width * 8 + _MARKS


def _graphemes(text: str) -> Iterator[tuple[int, int, int]]:
    """Begin, end and cells of each grapheme of ``text``; one of more than ``_MARKS`` characters comes in pieces."""
    at = 0
    while at < len(text):
        found = split_graphemes(text[at : at + _WINDOW])[0]
        if at + _WINDOW < len(text) and len(found) > 1:
            found.pop()  # it may go on behind the window
        for begin, end, cells in found:
            for piece in range(begin, end, _MARKS):
                yield at + piece, at + min(piece + _MARKS, end), cells if piece == begin else 0
        at += found[-1][1]


def cut(runs: Sequence[Run], at: Sequence[tuple[int, int]]) -> list[tuple[Run, ...]]:
    """``runs`` as the lines that ``at`` says; the ranges are in order and do not overlap."""
    lines: list[tuple[Run, ...]] = []
    index = begin = 0
    for first, last in at:
        line: list[Run] = []
        while index < len(runs):
            text, ink = runs[index]
            end = begin + len(text)
            if end <= first:
                index, begin = index + 1, end
                continue
            if begin >= last:
                break
            line.append((text[max(0, first - begin) : last - begin], ink))
            if end > last:
                break
            index, begin = index + 1, end
        lines.append(tuple(line))
    return lines


def wrap(runs: Sequence[Run], width: int, start: int = 0, end: int = 0) -> list[Line]:
    """``runs`` as lines of at most ``width`` cells that stand for ``source[start:end]``."""
    text = "".join(text for text, _ink in runs)
    leaf = Leaf(text, start, end)
    at = spans(text, width)
    return [Line(parts, (Mark(0, last - first, leaf, first),)) for parts, (first, last) in zip(cut(runs, at), at, strict=True)]


def uncut_lines(text: str, width: int, start: int, end: int) -> list[Line]:
    """One line of ``source[start:end]``, cut where the row is full; nothing is left out."""
    leaf = Leaf(text, start, end)
    return [Line(((text[first:last], PLAIN),), (Mark(0, last - first, leaf, first),)) for first, last in chop(text, width)]
