"""Markdown that is still being written: cut into blocks, of which only the last one is ever parsed again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self

from minicpm_tui.markdown.blocks import Renderer, line_starts, render
from minicpm_tui.markdown.code import code_lines, header, highlight_line
from minicpm_tui.markdown.line import Line, moved
from minicpm_tui.markdown.parser import fill, parse_blocks
from minicpm_tui.text import printable

if TYPE_CHECKING:
    from markdown_it.token import Token

_FENCE = re.compile(r" {0,3}(?:(`{3,})([^`\n]*)|(~{3,})([^\n]*))\n")
_MARGIN = re.compile(r"\n(?=\S)")
LONGEST = 6_000
"""Characters of a block that is drawn as one; a longer one is cut before a line, else behind a space."""
LONGEST_WHOLE = 60_000
"""… of a table, whose rows are nothing without their head, and of code."""


class Stream:
    """A text that grows at its end.

    ``source`` is what has arrived, safe to show. ``blocks`` are the finished top-level blocks as ranges of ``source``; together
    with the tail they cover all of it. A block is finished when the first line of the next one is complete: nothing that follows
    can change it, so that text cut anywhere ends in the same blocks as text that comes at once. ``cuts`` are the ends of blocks
    that go on in the next one, because they are too long to be drawn as one.
    """

    def __init__(self, *, addresses: bool = False) -> None:
        self.source = ""
        self.addresses = addresses
        self.blocks: list[tuple[int, int]] = []
        self.cuts: set[int] = set()
        self._code: dict[int, str] = {}  # where code goes on: the fence that it would have to begin with
        self.definitions: dict[str, Any] = {}
        self._start = 0
        self._end = 0
        self._held = ""
        self._fence: _OpenFence | None = None
        self._tokens: list[Token] = []
        self._env: dict[str, Any] = {}

    @classmethod
    def of(cls, text: str) -> Self:
        """A stream of a text that is complete; ``step`` cuts it into blocks, a piece at a time."""
        stream = cls()
        stream.source = printable(text)
        return stream

    @property
    def tail(self) -> str:
        """What belongs to no finished block."""
        return self.source[self._start : self._end]

    @property
    def tail_start(self) -> int:
        """Where ``tail`` begins in ``source``, in characters."""
        return self._start

    def feed(self, text: str) -> None:
        """Add ``text``. Keep it to a few thousand characters a call: a call takes as long as its text is."""
        text = self._held + text
        self._held = "\r" if text.endswith("\r") else ""  # the newline of a CRLF may be on its way
        self.source += printable(text[: len(text) - len(self._held)])
        self._end = len(self.source)
        self._advance(final=False)

    def step(self, count: int) -> bool:
        """Look at ``count`` characters more of ``source``; False when that was all. Then comes ``finish``."""
        self._end = min(self._end + count, len(self.source))
        self._advance(final=False)
        return self._end < len(self.source)

    @property
    def wanted(self) -> int:
        """With how many characters the next ``step`` has enough for a block, with the least work."""
        return max(LONGEST + 1 - len(self.tail), len(self.tail) // 2, 1)

    def finish(self) -> bool:
        """The text is complete: what is left becomes blocks. True when a link definition changes blocks before it."""
        known = dict(self.definitions)
        self.source += printable(self._held)
        self._held = ""
        self._end = len(self.source)
        self._advance(final=True)
        if self._start < len(self.source):
            self._close(len(self.source))
        return self.definitions != known

    def lines(self, width: int) -> list[Line]:
        """The tail as it looks now; its places are counted from ``tail_start``."""
        if self._fence is not None:
            return self._fence.lines(self.source, self._end, width)
        fill(self._tokens, self._env)
        return Renderer(self.tail, addresses=self.addresses).blocks(self._tokens, width)

    def block_lines(self, start: int, end: int, width: int) -> list[Line]:
        """The finished block ``source[start:end]``, its places counted from ``start``."""
        fence = self._code.get(start, "")
        env = {"references": dict(self.definitions)}
        lines = render(fence + self.source[start:end], width, env, addresses=self.addresses)
        if not fence:
            return lines
        above = len(header(fence.strip("`~ \n"), width))
        return [moved(line, -len(fence)) for line in lines[above:]]

    def _close(self, end: int) -> None:
        self.blocks.append((self._start, end))
        self._start = end
        self._fence = None
        self._tokens = []

    def _advance(self, *, final: bool) -> None:
        while self._start < self._end:
            if self._fence is None and (match := _FENCE.match(self.source, self._start, self._end)):
                info = (match[2] or match[4] or "").strip()
                self._fence = _OpenFence(match[1] or match[3], info, match.start(), match.end())
            if (fence := self._fence) is not None:
                end = fence.end(self.source, self._end, final=final)
                if cut := fence.cut(self.source, end or self._end):
                    self.cuts.add(cut)
                    self._code[cut] = fence.opening
                    self._close(cut)
                    self._fence = fence.continued(cut)
                elif end:
                    self._close(end)
                else:
                    return
            elif not self._split(self.tail, final=final):
                return

    def _split(self, tail: str, *, final: bool) -> bool:
        """Close every block but the last, and cut what is too long; False when nothing could be closed."""
        env: dict[str, Any] = {"references": dict(self.definitions)}
        tokens = parse_blocks(tail, env)
        complete = tail.count("\n") + final
        tops = [token for token in tokens if token.level == 0 and token.map and token.nesting >= 0]
        tops = [token for token in tops if token.map and token.map[0] < complete]
        lines = [token.map[0] for token in tops if token.map]
        self._define(env, complete if final else lines[-1] if lines else 0)
        begin = self._start
        if not tops:
            self._tokens, self._env = tokens, env
            if len(tail) <= LONGEST:
                return False
            self._cut(begin)
            return True
        starts = line_starts(tail)
        ends = [starts[line] for line in lines[1:]] + [len(tail)]
        for token, end in zip(tops, ends, strict=True):
            at = self._start - begin
            if end - at > (LONGEST_WHOLE if token.type == "table_open" else LONGEST):
                self._cut(at + begin)
                return True
            if end == len(tail):
                break
            self._close(begin + end)
        if len(lines) < 2:
            self._tokens, self._env = tokens, env
            return False
        return True

    def _cut(self, start: int) -> None:
        """Close a block at ``start`` that is too long; where depends on nothing that comes behind its ``LONGEST`` characters."""
        part = self.source[start : start + LONGEST]
        half = LONGEST // 2
        margin = max((found.end() for found in _MARGIN.finditer(part, half)), default=0)
        cut = margin or part.rfind("\n", half) + 1 or part.rfind(" ", half) + 1 or LONGEST
        self.cuts.add(start + cut)
        self._close(start + cut)

    def _define(self, env: dict[str, Any], before: int) -> None:
        """Keep the link definitions of finished lines; an unfinished one may have half an address."""
        for label, definition in env["references"].items():
            if label not in self.definitions and definition.get("map", [0, 0])[1] <= before:
                self.definitions[label] = {**definition, "map": [0, 0]}


class _OpenFence:
    """A code block whose end has not come: whole lines are highlighted once, only the last one again."""

    def __init__(self, fence: str, info: str, begin: int, content: int) -> None:
        self._mark = fence
        self._info = info
        self._language = info.partition(" ")[0]
        self._closing = re.compile(rf"^ {{0,3}}{fence}{fence[0]}*[ \t]*$", re.MULTILINE)
        self._begin = begin
        self._content = content
        self._searched = content
        self._done = content
        self._lines: list[Line] = []
        self._width = -1

    def end(self, source: str, until: int, *, final: bool) -> int:
        """Where the block ends in ``source``, of which ``until`` characters are there; 0 when it is still open."""
        match = self._closing.search(source, self._searched, until)
        if match and (match.end() < until or final):
            return min(until, match.end() + 1)
        self._searched = max(self._content, source.rfind("\n", 0, until) + 1)
        return 0

    def cut(self, source: str, until: int) -> int:
        """Where the block is too long to go on as one, 0 where it is not."""
        last = self._begin + LONGEST_WHOLE
        return 0 if until <= last else source.rfind("\n", self._content, last) + 1 or last

    @property
    def opening(self) -> str:
        """A line that begins such a block."""
        return f"{self._mark}{self._language}\n"

    def continued(self, begin: int) -> _OpenFence:
        """The rest of the block, from ``begin`` on."""
        return _OpenFence(self._mark, self._info, begin, begin)

    def lines(self, source: str, until: int, width: int) -> list[Line]:
        """The block as far as it is there, its places counted from its beginning."""
        if width != self._width:
            self._width, self._done = width, self._content
            self._lines = header(self._info, width) if self._content > self._begin else []
        while (end := source.find("\n", self._done, until)) >= 0:
            self._lines += self._highlighted(source, end)
            self._done = end + 1
        if self._done == until:
            return list(self._lines)
        return [*self._lines, *self._highlighted(source, until)]

    def _highlighted(self, source: str, end: int) -> list[Line]:
        runs = highlight_line(source[self._done : end], self._language)
        return list(code_lines([(runs, self._done - self._begin, end - self._begin)], self._width))
