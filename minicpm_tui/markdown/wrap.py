"""Breaking text into lines that fit, by the cells a terminal shows it in."""

from __future__ import annotations

import re
from collections.abc import Sequence

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
    start = used = 0
    for match in _PIECES.finditer(text):
        piece = match.group()
        at = match.start()
        if piece == "\n":
            lines.append((start, at))
            start, used = at + 1, 0
            continue
        cells = width_of(piece)
        if used + cells > width:
            if piece.isspace():
                lines.append((start, at))
                start, used = match.end(), 0
                continue
            if used:
                lines.append((start, at))
                start, used = at, 0
            while cells > width:
                cut = _fit(piece, width)
                lines.append((start, start + cut))
                start += cut
                piece = piece[cut:]
                cells = width_of(piece)
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
    lines: list[tuple[int, int]] = []
    start = 0
    while width_of(text[start:]) > width:
        cut = _fit(text[start:], width)
        lines.append((start, start + cut))
        start += cut
    lines.append((start, len(text)))
    return lines


def _fit(text: str, width: int) -> int:
    """How many characters of ``text`` fill ``width`` cells, at least one grapheme."""
    if text.isascii():
        return width
    used = 0
    for begin, _end, cells in split_graphemes(text[: width * 8 + 64])[0]:
        if begin and used + cells > width:
            return begin
        used += cells
    return len(text)


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
