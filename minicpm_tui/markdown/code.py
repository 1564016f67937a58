"""Code: highlighted whole when a block is finished, line by line while it is still being written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from minicpm_tui.i18n import _
from minicpm_tui.markdown.line import Ink, Leaf, Line, Mark, Run
from minicpm_tui.markdown.wrap import chop, cut, width_of, wrap

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

BLOCK: Ink = ("code-block",)
LABEL: Ink = ("code-block", "dim")
TAB = 4
_PADDED = 6
"""Cells; a narrower block has none to spare at its sides."""
HIGHLIGHT_LIMIT = 60_000
"""Characters; a longer block stays plain, so that no block can stall the screen."""

_INKS = (
    ("Comment", "tok-comment"),
    ("Keyword.Constant", "tok-constant"),
    ("Keyword.Type", "tok-type"),
    ("Keyword", "tok-keyword"),
    ("Operator.Word", "tok-keyword"),
    ("Literal.String", "tok-string"),
    ("Literal.Number", "tok-number"),
    ("Name.Function", "tok-function"),
    ("Name.Class", "tok-function"),
    ("Name.Decorator", "tok-function"),
    ("Name.Builtin", "tok-builtin"),
    ("Name.Tag", "tok-keyword"),
    ("Name.Attribute", "tok-builtin"),
    ("Generic.Deleted", "tok-error"),
    ("Generic.Inserted", "tok-string"),
    ("Generic.Heading", "tok-keyword"),
    ("Error", "tok-plain"),
)


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer: Lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    return lexer


@lru_cache(maxsize=512)
def _ink(token: _TokenType) -> Ink:
    name = str(token).removeprefix("Token.")
    return next(((*BLOCK, ink) for prefix, ink in _INKS if name.startswith(prefix)), BLOCK)


@lru_cache(maxsize=256)
def highlight(code: str, language: str) -> tuple[tuple[Run, ...], ...]:
    """The lines of ``code`` in the inks of its ``language``; an unknown one stays plain."""
    lexer = _lexer(language.lower()) if language and len(code) < HIGHLIGHT_LIMIT else None
    if lexer is None:
        return tuple(((line.expandtabs(TAB), BLOCK),) for line in code.split("\n"))
    lines: list[list[Run]] = [[]]
    for token, value in lexer.get_tokens(code):
        ink = _ink(token)
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append((part.expandtabs(TAB), ink))
    return tuple(tuple(line) for line in lines)


@lru_cache(maxsize=4096)
def highlight_line(line: str, language: str) -> tuple[Run, ...]:
    """One line by itself, for a block whose end is not known yet."""
    return highlight.__wrapped__(line, language)[0]


def code_lines(lines: Iterable[tuple[tuple[Run, ...], int, int]], width: int) -> Iterator[Line]:
    """Highlighted lines, each with its place in the source, cut to ``width``, with a cell free on each side."""
    pad = 1 if width >= _PADDED else 0
    for runs, start, end in lines:
        text = "".join(text for text, _ink in runs)
        leaf = Leaf(text, start, end)
        at = chop(text, width - 2 * pad)
        for parts, (first, last) in zip(cut(runs, at), at, strict=True):
            yield Line(((" " * pad, BLOCK), *parts), (Mark(pad, last - first, leaf, first),), BLOCK)


def header(info: str, width: int) -> list[Line]:
    """What stands above a block: its language, or whatever stands behind the fence, and a word that copies it."""
    copy = _("copy") + " "
    label = " ".join(info.split())
    if width < width_of(copy) + 1:
        return _labels(label, width) or [Line((("", BLOCK),), (), BLOCK)]
    above = []
    if width_of(label) >= width - width_of(copy):
        above, label = _labels(label, width), ""
    label = f" {label}" if label else ""
    gap = " " * (width - width_of(label) - width_of(copy))
    return [*above, Line(((label + gap, LABEL), (copy, (*BLOCK, "button", "do=copy-code"))), (), BLOCK)]


def _labels(label: str, width: int) -> list[Line]:
    return [line._replace(marks=(), fill=BLOCK) for line in wrap([(label, LABEL)], width)] if label else []
