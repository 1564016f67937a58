"""The Markdown that models write: CommonMark with tables and strikethrough, in which nothing that was written is left out.

What CommonMark drops stays as text: link definitions, cells beyond a table's head, what is nested too deep, formulas in
``\\(…\\)``, ``\\[…\\]``, ``$…$`` and ``$$…$$``, and links that lead nowhere outside the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from minicpm_tui.markdown.flanking import can_open_close

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block.state_block import StateBlock
    from markdown_it.rules_inline.state_inline import StateInline

LEADS = ("http://", "https://", "mailto:")
"""Beginnings of addresses that lead somewhere; ``[a](b)`` is text."""

_DEEPEST = 18
"""Levels; markdown-it drops what is nested deeper than 20."""

_FORMULA = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
_IN_DOLLARS = re.compile(r"(?<![\\$\w])\$(?=\S)[^$`\n]+?(?<=\S)\$(?![\w$])")
"""As pandoc tells them from prices: no space inside the signs, and no digit behind them."""

DISPLAY = re.compile(r"(?P<bracket>\\\[(?!.*\]))|(?P<dollars>\$\$(?!.*\$))")
"""A line that begins a formula of several lines."""


def dialect(**options: Any) -> MarkdownIt:
    """A parser; ``options`` are markdown-it's own, ``renderer_cls`` too. Bare addresses are left as text."""
    from markdown_it import MarkdownIt

    renderer = options.pop("renderer_cls", None)
    settings = {"linkify": False, **options}
    md = MarkdownIt("gfm-like", settings, **({"renderer_cls": renderer} if renderer else {})).disable("linkify")
    md.inline = _inline_parser()
    md.configure("gfm-like", settings).disable("linkify")
    md.validateLink = _leads_somewhere  # type: ignore[method-assign, assignment]
    md.inline.ruler.before("escape", "formula", _formula)
    md.block.ruler.before("table", "deepest", _deepest)
    md.block.ruler.before("table", "display", _display, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    md.block.ruler.at("reference", _definition)
    md.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    return md


def _leads_somewhere(address: str) -> bool:
    return address.startswith(LEADS)


def _inline_parser() -> Any:
    """A parser of what is inside a paragraph, with CJK-friendly emphasis."""
    from markdown_it.parser_inline import ParserInline
    from markdown_it.rules_inline.state_inline import Scanned, StateInline

    class State(StateInline):
        def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - markdown-it's names
            end = start
            while end < self.posMax and self.src[end] == self.src[start]:
                end += 1
            before = self.src[start - 1] if start else " "
            after = self.src[end] if end < self.posMax else " "
            return Scanned(*can_open_close(before, after, in_words=canSplitWord), end - start)

    class Parser(ParserInline):
        def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Any]) -> list[Any]:
            state = State(src, md, env, tokens)
            self.tokenize(state)
            for rule in self.ruler2.getRules(""):
                rule(state)
            return state.tokens

    return Parser()


def _formula(state: StateInline, silent: bool) -> bool:
    """LaTeX between its brackets stays as it is: its backslashes are no Markdown."""
    closing = _FORMULA.get(state.src[state.pos : state.pos + 2])
    end = state.src.find(closing, state.pos + 3, state.posMax) + 2 if closing else 1
    if end < 2 and (found := _IN_DOLLARS.match(state.src, state.pos, state.posMax)):
        end = found.end()
    if end < 2:
        return False
    if not silent:
        state.push("formula", "", 0).content = state.src[state.pos : end]
    state.pos = end
    return True


def _display(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A formula of several lines is a paragraph up to its end or an empty line: its ``+``, ``-`` and ``=`` begin nothing.

    That the first line alone decides keeps a text that is still being written in the same blocks.
    """
    match = DISPLAY.match(state.src[state.bMarks[first] + state.tShift[first] : state.eMarks[first]])
    if match is None or state.is_code_block(first):
        return False
    if silent:
        return True
    closing = "\\]" if match["bracket"] else "$$"
    last = first + 1
    while last < end and not state.isEmpty(last) and state.sCount[last] >= state.blkIndent:
        last += 1
        if closing in state.src[state.bMarks[last - 1] : state.eMarks[last - 1]]:
            break
    state.push("paragraph_open", "p", 1).map = [first, last]
    token = state.push("inline", "", 0)
    token.content = state.getLines(first, last, state.blkIndent, False).strip()  # noqa: FBT003
    token.map, token.children = [first, last], []
    state.push("paragraph_close", "p", -1)
    state.line = last
    return True


def _definition(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A link definition is kept in sight."""
    from markdown_it.rules_block import reference

    if not reference(state, first, end, silent):
        return False
    if not silent:
        token = state.push("definition", "", 0)
        token.map = [first, state.line]
        token.content = state.getLines(first, state.line, state.blkIndent, False).strip()  # noqa: FBT003
    return True


def _deepest(state: StateBlock, first: int, _end: int, silent: bool) -> bool:
    """At the deepest level every line is a paragraph, whatever marks it has."""
    if state.level < _DEEPEST:
        return False
    if not silent:
        state.push("paragraph_open", "p", 1).map = [first, first + 1]
        token = state.push("inline", "", 0)
        token.content = state.getLines(first, first + 1, state.blkIndent, False).strip()  # noqa: FBT003
        token.map, token.children = [first, first + 1], []
        state.push("paragraph_close", "p", -1)
        state.line = first + 1
    return True


def _table(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A row may have more cells than the head."""
    from markdown_it.rules_block import table

    begin = len(state.tokens)
    if not table(state, first, end, silent):
        return False
    if not silent:
        whole, columns = state.tokens[begin:], 0
        del state.tokens[begin:]
        for token in whole:
            columns += token.type == "th_open"
            if token.type == "tr_open":
                line = token.map[0] if token.map else first
            elif token.type == "tr_close" and line > first:
                state.tokens += _cells_beyond(state, line, columns, token.level + 1)
            state.tokens.append(token)
    return True


def _cells_beyond(state: StateBlock, line: int, columns: int, level: int) -> list[Any]:
    """The tokens of a row's cells from the one numbered ``columns`` on."""
    from markdown_it.rules_block.table import escapedSplit, getLine
    from markdown_it.token import Token

    text = getLine(state, line).strip()
    if text.count("|") < columns:
        return []
    cells = escapedSplit(text)
    beyond = cells[1 if not cells[0] else 0 :][columns:]
    tokens: list[Any] = []
    for cell in beyond[: len(beyond) - (bool(beyond) and not beyond[-1])]:
        inline = Token("inline", "", 0, map=[line, line + 1], level=level + 1, content=cell.strip(), children=[])
        tokens += [Token("td_open", "td", 1, level=level), inline, Token("td_close", "td", -1, level=level)]
    return tokens
