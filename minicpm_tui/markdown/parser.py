"""Markdown into markdown-it's tokens.

The block that is being written is parsed again at every flush. What its paragraphs, items and cells hold has mostly been seen
before: that half of the work is remembered.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Definitions = frozenset[tuple[str, str, str]]
"""Link definitions: label, address, title."""


def parse(source: str, env: dict[str, Any]) -> list[Token]:
    """Tokens of ``source``; ``env`` carries link definitions (``references``) from block to block."""
    tokens = _blocks().parse(source, env)
    references: dict[str, dict[str, Any]] = env.get("references", {})
    known = frozenset((label, str(each["href"]), str(each.get("title", ""))) for label, each in references.items())
    for token in tokens:
        if token.type == "inline":
            token.children = _inside(token.content, known)
    return tokens


@cache
def _whole() -> MarkdownIt:
    """The dialect that models write: CommonMark with tables, strikethrough and bare links."""
    from markdown_it import MarkdownIt

    return MarkdownIt("gfm-like", {"linkify": False}).disable("linkify")


@cache
def _blocks() -> MarkdownIt:
    """The same, but what is inside a paragraph, a heading or a cell is left as it is."""
    from markdown_it import MarkdownIt

    return MarkdownIt("gfm-like", {"linkify": False}).disable(["linkify", "inline", "text_join"])


@lru_cache(maxsize=4096)
def _inside(content: str, definitions: Definitions) -> list[Token]:
    """The tokens inside a paragraph, a heading or a cell. They are shared: not to be changed."""
    references = {label: {"href": href, "title": title} for label, href, title in definitions}
    (inline,) = _whole().parseInline(content, {"references": references})
    return inline.children or []
