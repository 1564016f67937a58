"""Tables: columns as wide as they need, narrower where the line is short, and one cell a line where even that does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from minicpm_tui.markdown.inline import inline
from minicpm_tui.markdown.line import PLAIN, Ink, Line, Mark, Run
from minicpm_tui.markdown.wrap import width_of, wrap

if TYPE_CHECKING:
    from markdown_it.token import Token

RULE: Ink = ("rule",)
_PIPE = re.compile(r"(?<!\\)\|")
_NARROWEST = 4


@dataclass
class _Cell:
    runs: list[Run]
    align: str
    start: int
    end: int


@dataclass
class _Table:
    head: int = 0
    rows: list[list[_Cell]] = field(default_factory=list)


def table_lines(
    tokens: Sequence[Token], source: str, starts: Sequence[int], width: int, *, addresses: bool = False
) -> list[Line]:
    """The table whose inner ``tokens`` these are; ``starts`` are the offsets of the source's lines."""
    table = _read(tokens, source, starts, addresses=addresses)
    columns = max((len(row) for row in table.rows), default=0)
    if not columns:
        return []
    room = width - 3 * columns - 1
    if room < min(_NARROWEST, max(1, width // 4)) * columns:
        return list(_records(table, width))
    return list(_grid(table, _widths(table, columns, room)))


def _read(tokens: Sequence[Token], source: str, starts: Sequence[int], *, addresses: bool) -> _Table:
    table = _Table()
    align = ""
    places: list[tuple[int, int]] = []
    for token in tokens:
        if token.type == "tr_open":
            table.rows.append([])
            places = _places(source, starts, token.map[0] if token.map else 0)
        elif token.type == "thead_close":
            table.head = len(table.rows)
        elif token.type in {"th_open", "td_open"}:
            align = str(token.attrs.get("style", "")).removeprefix("text-align:")
        elif token.type == "inline" and table.rows:
            row = table.rows[-1]
            start, end = places[len(row)] if len(row) < len(places) else places[-1]
            row.append(_Cell(inline(token, PLAIN if table.head else ("th",), addresses=addresses), align, start, end))
    return table


def _places(source: str, starts: Sequence[int], line: int) -> list[tuple[int, int]]:
    """Where the cells of a row lie in the source."""
    begin = starts[line]
    end = starts[line + 1] if line + 1 < len(starts) else len(source)
    text = source[begin:end]
    bars = [match.start() for match in _PIPE.finditer(text)]
    if not bars or text[: bars[0]].strip(" >\t"):
        bars.insert(0, -1)
    edges = [*bars, len(text.rstrip("\n"))]
    return [(begin + left + 1, begin + right) for left, right in pairwise(edges)]


def _widths(table: _Table, columns: int, room: int) -> list[int]:
    widths = [1] * columns
    for row in table.rows:
        for column, cell in enumerate(row):
            lines = "".join(text for text, _ink in cell.runs).split("\n")
            widths[column] = max(widths[column], *(width_of(line) for line in lines))
    while (extra := sum(widths) - room) > 0:
        widest = max(widths)
        second = max((width for width in widths if width < widest), default=2)
        among = [column for column, width in enumerate(widths) if width == widest]
        take = min(widest - second, max(1, extra // len(among)))
        for column in among[: max(1, extra // take)]:
            widths[column] -= take
    return widths


def _grid(table: _Table, widths: Sequence[int]) -> Iterator[Line]:
    yield _rule("┌┬┐", widths)
    for number, row in enumerate(table.rows, 1):
        cells = [wrap(cell.runs, width, cell.start, cell.end) for cell, width in zip(row, widths, strict=False)]
        aligns = [cell.align for cell in row]
        for height in range(max(len(cell) for cell in cells)):
            yield _row([cell[height] if height < len(cell) else Line() for cell in cells], aligns, widths)
        if number == table.head:
            yield _rule("├┼┤", widths)
    yield _rule("└┴┘", widths)


def _row(cells: Sequence[Line], aligns: Sequence[str], widths: Sequence[int]) -> Line:
    runs: list[Run] = []
    marks: list[Mark] = []
    at = 0

    def put(text: str, ink: Ink) -> None:
        nonlocal at
        runs.append((text, ink))
        at += len(text)

    for column, width in enumerate(widths):
        line = cells[column] if column < len(cells) else Line()
        align = aligns[column] if column < len(aligns) else ""
        spare = max(0, width - sum(width_of(text) for text, _ink in line.runs))
        left = spare if align == "right" else spare // 2 if align == "center" else 0
        put("│", RULE)
        put(" " * (left + 1), PLAIN)
        marks += [mark._replace(x=at) for mark in line.marks]
        for text, ink in line.runs:
            put(text, ink)
        put(" " * (spare - left + 1), PLAIN)
    put("│", RULE)
    return Line(tuple(runs), tuple(marks))


def _rule(corners: str, widths: Sequence[int]) -> Line:
    left, middle, right = tuple(corners)
    return Line(((left + middle.join("─" * (width + 2) for width in widths) + right, RULE),))


def _records(table: _Table, width: int) -> Iterator[Line]:
    """Each row as lines of ``heading: cell``."""
    rows = table.rows[table.head :]
    heads = table.rows[0] if table.head and rows else []
    for number, row in enumerate(rows or table.rows):
        if number:
            yield Line((("─" * min(width, 8), RULE),))
        for column, cell in enumerate(row):
            name = "".join(text for text, _ink in heads[column].runs) if column < len(heads) else ""
            label = [(f"{name}: ", ("th",))] if name else []
            lines = wrap([*label, *cell.runs], width, cell.start, cell.end)
            shift = sum(len(text) for text, _ink in label)
            yield from (_unlabelled(line, shift) for line in lines)


def _unlabelled(line: Line, shift: int) -> Line:
    """``line`` as if the ``shift`` characters before the cell were not part of its text."""
    mark = line.marks[0]
    skip = min(mark.length, max(0, shift - mark.offset))
    return line._replace(marks=(Mark(mark.x + skip, mark.length - skip, mark.leaf, mark.offset + skip),))
