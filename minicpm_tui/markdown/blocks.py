"""Blocks: headings, paragraphs, lists, quotes, code, tables, rules, nested as deep as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from minicpm_tui.markdown.code import code_lines, header, highlight
from minicpm_tui.markdown.inline import inline, linked
from minicpm_tui.markdown.line import BLANK, PLAIN, Ink, Line, Mark, Run, indented
from minicpm_tui.markdown.parser import parse
from minicpm_tui.markdown.table import table_lines
from minicpm_tui.markdown.wrap import width_of, wrap

if TYPE_CHECKING:
    from markdown_it.token import Token

BULLETS = ("•", "▪", "‣", "⭑", "◦")
_TASKS = {"[ ] ": "☐", "[x] ": "☑", "[X] ": "☑"}
_CRAMPED = 8
"""Cells; where less would be left, lists and quotes are no longer indented."""


def warm() -> None:
    """Import what the first reply needs, from a thread, while the user is still writing."""
    render("# a *b* `c`\n\n- d\n\n```python\ne\n```\n", 40)


def line_starts(source: str) -> list[int]:
    """Offsets at which the lines of ``source`` begin."""
    starts = [0]
    at = source.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = source.find("\n", at + 1)
    return starts


def render(source: str, width: int, env: dict[str, Any] | None = None, *, addresses: bool = False) -> list[Line]:
    """``source`` as lines of at most ``width`` cells; ``addresses``: where links lead is written behind them."""
    tokens = parse(source, {} if env is None else env)
    return Renderer(source, addresses=addresses).blocks(tokens, width)


class Renderer:
    """Renders the tokens of one source."""

    def __init__(self, source: str, *, addresses: bool = False) -> None:
        self.source = source
        self.addresses = addresses
        self.starts = line_starts(source)
        self._bullets = 0

    def blocks(self, tokens: Sequence[Token], width: int, *, tight: bool = False) -> list[Line]:
        """Block tokens as lines, with a blank line between blocks unless ``tight``."""
        lines: list[Line] = []
        for token, inner in _siblings(tokens):
            block = self._block(token, inner, width)
            if not block:
                continue
            if lines and not tight:
                lines.append(BLANK)
            lines += block
        return lines

    def _block(self, token: Token, inner: Sequence[Token], width: int) -> list[Line]:
        kind = token.type
        if kind == "paragraph_open":
            return self._text(inner, width, PLAIN)
        draw: Callable[[Token, Sequence[Token], int], list[Line]] | None = {
            "heading_open": self._heading,
            "fence": self._fence,
            "code_block": self._fence,
            "bullet_list_open": self._list,
            "ordered_list_open": self._list,
            "blockquote_open": self._quote,
            "table_open": self._table,
            "definition": self._definition,
            "hr": lambda _token, _inner, width: [Line((("─" * width, ("rule",)),))],
        }.get(kind)
        if draw is not None:
            return draw(token, inner, width)
        if not token.content.strip():
            return []
        start, end = self._place(token)
        return wrap([(token.content.strip("\n"), PLAIN)], width, start, end)

    def _place(self, token: Token) -> tuple[int, int]:
        first, last = token.map or (0, len(self.starts))
        end = self.starts[last] if last < len(self.starts) else len(self.source)
        return self.starts[first], end

    def _text(self, inner: Sequence[Token], width: int, ink: Ink) -> list[Line]:
        if not inner:
            return []
        start, end = self._place(inner[0])
        return wrap(inline(inner[0], ink, addresses=self.addresses), width, start, end)

    def _table(self, _token: Token, inner: Sequence[Token], width: int) -> list[Line]:
        return table_lines(inner, self.source, self.starts, width, addresses=self.addresses)

    def _definition(self, token: Token, _inner: Sequence[Token], width: int) -> list[Line]:
        start, end = self._place(token)
        return wrap(linked(token.content, ("dim",)), width, start, end)

    def _heading(self, token: Token, inner: Sequence[Token], width: int) -> list[Line]:
        if not inner[0].content:
            return wrap([(token.markup, (token.tag,))], width, *self._place(token))
        lines = self._text(inner, width, (token.tag,))
        if token.tag != "h1":
            return lines
        return [line for one in lines for line in _centred(one, width)]

    def _fence(self, token: Token, _inner: Sequence[Token], width: int) -> list[Line]:
        language = token.info.strip().partition(" ")[0]
        first, last = token.map or (0, 0)
        first += token.type == "fence"
        code = highlight(token.content.removesuffix("\n"), language)
        lines = []
        for number, runs in enumerate(code, first):
            start = self.starts[min(number, len(self.starts) - 1)]
            end = self.starts[number + 1] - 1 if number + 1 < len(self.starts) else len(self.source)
            lines.append((runs, start, end))
        return [*header(token.info, width), *code_lines(lines, width)] if last else []

    def _list(self, token: Token, inner: Sequence[Token], width: int) -> list[Line]:
        tight = any(item.type == "paragraph_open" and item.hidden and item.level == token.level + 2 for item in inner)
        items = list(_siblings(inner))
        ordered = token.type == "ordered_list_open"
        self._bullets += not ordered
        bullet = BULLETS[(self._bullets - 1) % len(BULLETS)]
        marks = _numbers([item for item, _content in items]) if ordered else [f"{bullet} "] * len(items)
        lines: list[Line] = []
        for mark, (_item, content) in zip(marks, items, strict=True):
            if lines and not tight:
                lines.append(BLANK)
            lines += self._item(content, mark, width, tight=tight)
        self._bullets -= not ordered
        return lines

    def _item(self, content: Sequence[Token], mark: str, width: int, *, tight: bool) -> Iterator[Line]:
        room = width - width_of(mark)
        if room < _CRAMPED:
            mark, room = "", width
        lines = self.blocks(content, room, tight=tight) or [BLANK]
        first = lines[0]
        if mark and (box := _TASKS.get(first.text[:4])) and first.marks and first.marks[0].x == 0:
            lines[0] = _without(first, 4)
            mark = mark.replace(mark.strip(), box) if mark.strip() in BULLETS else mark + box + " "
        return indented(lines, (mark, ("bullet",)), (" " * len(mark), PLAIN))

    def _quote(self, _token: Token, inner: Sequence[Token], width: int) -> list[Line]:
        bar = "▌ " if width - 2 >= _CRAMPED else ""
        lines = self.blocks(inner, width - len(bar)) or [BLANK]
        quoted = (line._replace(runs=tuple((text, ("quote", *ink)) for text, ink in line.runs)) for line in lines)
        return list(indented(quoted, (bar, ("quote-bar",)), (bar, ("quote-bar",))))


def _siblings(tokens: Sequence[Token]) -> Iterator[tuple[Token, Sequence[Token]]]:
    """Each token of this level with what is inside it."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        end = index + 1
        depth: int = token.nesting
        while depth > 0 and end < len(tokens):
            depth += tokens[end].nesting
            end += 1
        yield token, tokens[index + 1 : end - 1]
        index = end


def _numbers(items: Sequence[Token]) -> list[str]:
    """The numbers of a list as they were written; counted where all of them are the same."""
    written = [item.info for item in items]
    if len(items) > 1 and len(set(written)) == 1:
        written = [str(int(written[0]) + place) for place in range(len(items))]
    size = max(map(len, written)) + 2
    return [f"{number}{item.markup}".rjust(size) + " " for number, item in zip(written, items, strict=True)]


def _centred(line: Line, width: int) -> Iterator[Line]:
    pad = (" " * ((width - sum(width_of(text) for text, _ink in line.runs)) // 2), PLAIN)
    return indented([line], pad, pad)


def _without(line: Line, count: int) -> Line:
    """``line`` without its first ``count`` characters."""
    runs: list[Run] = []
    drop = count
    for text, ink in line.runs:
        runs.append((text[drop:], ink))
        drop = max(0, drop - len(text))
    mark = line.marks[0]
    marks: tuple[Mark, ...] = (Mark(0, max(0, mark.length - count), mark.leaf, mark.offset + count),)
    return Line(tuple(run for run in runs if run[0]), marks, line.fill)
