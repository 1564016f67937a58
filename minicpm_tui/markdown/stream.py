"""Markdown that is still being written: cut into blocks, of which only the last one is ever parsed again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from minicpm_tui.markdown.blocks import Renderer, line_starts
from minicpm_tui.markdown.code import code_lines, header, highlight_line
from minicpm_tui.markdown.line import Line
from minicpm_tui.markdown.parser import parse
from minicpm_tui.text import printable

if TYPE_CHECKING:
    from markdown_it.token import Token

_FENCE = re.compile(r" {0,3}(?:(`{3,})([^`\n]*)|(~{3,})([^\n]*))\n")


class Stream:
    """A text that grows at its end.

    ``source`` is what has arrived, safe to show. ``blocks`` are the finished top-level blocks as ranges of ``source``; together
    with the tail they cover all of it. A block is finished when the first line of the next one is complete: nothing that follows
    can change it, so that text cut anywhere ends in the same blocks as text that comes at once.
    """

    def __init__(self, *, addresses: bool = False) -> None:
        self.source = ""
        self.addresses = addresses
        self.blocks: list[tuple[int, int]] = []
        self.definitions: dict[str, Any] = {}
        self._start = 0
        self._held = ""
        self._fence: _OpenFence | None = None
        self._tokens: list[Token] = []

    @property
    def tail(self) -> str:
        """What belongs to no finished block."""
        return self.source[self._start :]

    @property
    def tail_start(self) -> int:
        """Where ``tail`` begins in ``source``, in characters."""
        return self._start

    def feed(self, text: str) -> None:
        """Add ``text``. Keep it to a few thousand characters a call: a call takes as long as its text is."""
        text = self._held + text
        self._held = "\r" if text.endswith("\r") else ""  # the newline of a CRLF may be on its way
        self.source += printable(text[: len(text) - len(self._held)])
        self._advance(final=False)

    def finish(self) -> bool:
        """The text is complete: what is left becomes blocks. True when a link definition changes blocks before it."""
        known = dict(self.definitions)
        self.source += printable(self._held)
        self._held = ""
        self._advance(final=True)
        if self._start < len(self.source):
            self._close(len(self.source))
        return self.definitions != known

    def lines(self, width: int) -> list[Line]:
        """The tail as it looks now; its places are counted from ``tail_start``."""
        if self._fence is not None:
            return self._fence.lines(self.tail, width)
        return Renderer(self.tail, addresses=self.addresses).blocks(self._tokens, width)

    def _close(self, end: int) -> None:
        self.blocks.append((self._start, end))
        self._start = end
        self._fence = None
        self._tokens = []

    def _advance(self, *, final: bool) -> None:
        while self._start < len(self.source):
            tail = self.tail
            if match := _FENCE.match(tail):
                self._fence = self._fence or _OpenFence(match)
                end = self._fence.end(tail, final=final)
                if not end:
                    return
                self._close(self._start + end)
            elif not self._split(tail, final=final):
                return

    def _split(self, tail: str, *, final: bool) -> bool:
        """Close every block but the last; False when there is only one."""
        env: dict[str, Any] = {"references": dict(self.definitions)}
        tokens = parse(tail, env)
        complete = tail.count("\n") + final
        lines = [token.map[0] for token in tokens if token.level == 0 and token.map and token.nesting >= 0]
        lines = [line for line in lines if line < complete]
        self._define(env, complete if final else lines[-1] if lines else 0)
        if len(lines) < 2:
            self._tokens = tokens
            return False
        starts = line_starts(tail)
        begin = self._start
        for line in lines[1:]:
            self._close(begin + starts[line])
        return True

    def _define(self, env: dict[str, Any], before: int) -> None:
        """Keep the link definitions of finished lines; an unfinished one may have half an address."""
        for label, definition in env["references"].items():
            if label not in self.definitions and definition.get("map", [0, 0])[1] <= before:
                self.definitions[label] = {**definition, "map": [0, 0]}


class _OpenFence:
    """A code block whose end has not come: whole lines are highlighted once, only the last one again."""

    def __init__(self, match: re.Match[str]) -> None:
        fence = match[1] or match[3]
        self._info = (match[2] or match[4] or "").strip()
        self._language = self._info.partition(" ")[0]
        self._closing = re.compile(rf"^ {{0,3}}{fence}{fence[0]}*[ \t]*$", re.MULTILINE)
        self._content = match.end()
        self._searched = match.end()
        self._done = match.end()
        self._lines: list[Line] = []
        self._width = -1

    def end(self, tail: str, *, final: bool) -> int:
        """Where the block ends in ``tail``, 0 when it is still open."""
        match = self._closing.search(tail, self._searched)
        if match and (match.end() < len(tail) or final):
            return min(len(tail), match.end() + 1)
        self._searched = max(self._content, tail.rfind("\n") + 1)
        return 0

    def lines(self, tail: str, width: int) -> list[Line]:
        if width != self._width:
            self._width, self._done = width, self._content
            self._lines = header(self._info, width)
        while (end := tail.find("\n", self._done)) >= 0:
            self._lines += self._highlighted(tail, end)
            self._done = end + 1
        if self._done == len(tail):
            return list(self._lines)
        return [*self._lines, *self._highlighted(tail, len(tail))]

    def _highlighted(self, tail: str, end: int) -> list[Line]:
        runs = highlight_line(tail[self._done : end], self._language)
        return list(code_lines([(runs, self._done, end)], self._width))
