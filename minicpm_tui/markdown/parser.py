"""Markdown into markdown-it's tokens.

The block that is being written is parsed again at every flush. What its paragraphs, items and cells hold has mostly been seen
before: that half of the work is remembered.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from minicpm_tui.markdown.dialect import dialect
from minicpm_tui.text import printable

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Definitions = frozenset[tuple[str, str, str]]
"""Link definitions: label, address, title."""

_SPACE = re.compile(r"[\t\v\f\r\u2028\u2029]")
"""Spaces of no certain width; the others are kept, runs of them too: they align what was read from a receipt."""


def parse(source: str, env: dict[str, Any]) -> list[Token]:
    """Tokens of ``source``; ``env`` carries link definitions (``references``) from block to block."""
    tokens = parse_blocks(source, env)
    fill(tokens, env)
    return tokens


def parse_blocks(source: str, env: dict[str, Any]) -> list[Token]:
    """Tokens of ``source`` without what is inside its paragraphs, headings and cells: enough to tell where blocks begin."""
    return _blocks().parse(source, env)


def fill(tokens: list[Token], env: dict[str, Any]) -> None:
    """Add what is inside paragraphs, headings and cells."""
    references: dict[str, dict[str, Any]] = env.get("references", {})
    known = frozenset((label, str(each["href"]), str(each.get("title", ""))) for label, each in references.items())
    for token in tokens:
        if token.type == "inline":
            token.children = _inside(token.content, known)


@cache
def _whole() -> MarkdownIt:
    return dialect()


@cache
def _blocks() -> MarkdownIt:
    """Leaves what is inside a paragraph, a heading or a cell as it is."""
    return dialect().disable(["inline", "text_join"])


@lru_cache(maxsize=4096)
def _inside(content: str, definitions: Definitions) -> list[Token]:
    """The tokens inside a paragraph, a heading or a cell. They are shared: not to be changed."""
    references = {label: {"href": href, "title": title} for label, href, title in definitions}
    (inline,) = _whole().parseInline(content, {"references": references})
    children = inline.children or []
    for child in children:
        if child.type == "text":
            child.content = printable(_SPACE.sub(" ", child.content))  # an entity may have been anything
    return children
