"""A reply's Markdown as HTML, drawn as the screen draws it. Raw HTML is text; nothing in it asks anybody for anything."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from minicpm_tui.i18n import _
from minicpm_tui.markdown.dialect import dialect
from minicpm_tui.sessions.export.formula import mathml
from minicpm_tui.text import printable

_TASKS = {"[ ] ": "☐", "[x] ": "☑", "[X] ": "☑"}
_DEEPEST = 6


class PageMarkdown:
    """Renders replies; one serves a whole page."""

    def __init__(self) -> None:
        self._parser = _parser()

    def render(self, text: str, above: int) -> str:
        """``text`` as HTML. Its headings begin below level ``above``, and none is skipped."""
        tokens = self._parser.parse(printable(text), {})
        _number_headings(tokens, above)
        for token, before in zip(tokens, [None, None, *tokens], strict=False):
            if token.level == 0 and token.nesting == 1:
                token.attrSet("dir", "auto")  # what is inside has no direction of its own, or this would see no text
            if token.type == "inline" and before is not None and before.type == "list_item_open":
                _draw_task(token, before)
        return str(self._parser.renderer.render(tokens, self._parser.options, {}))


def _number_headings(tokens: Sequence[Any], above: int) -> None:
    levels: list[int] = []
    tag = ""
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1:])
            while levels and levels[-1] >= level:
                levels.pop()
            levels.append(level)
            tag = f"h{min(above + len(levels), _DEEPEST)}"
        if token.type in {"heading_open", "heading_close"}:
            token.tag = tag


def _draw_task(inline: Any, item: Any) -> None:
    """``[x]`` at the beginning of an item is a box."""
    first = inline.children[0] if inline.children else None
    if first is not None and first.type == "text" and (box := _TASKS.get(first.content[:4])):
        first.content = f"{box} {first.content[4:]}"
        item.attrSet("class", "task")


def _parser() -> Any:
    from markdown_it.renderer import RendererHTML

    class Renderer(RendererHTML):
        def image(self, tokens: Sequence[Any], idx: int, *_context: Any) -> str:
            """A picture becomes a link."""
            target = html.escape(str(tokens[idx].attrGet("src") or ""))
            return f'<a href="{target}" rel="noreferrer">{html.escape(tokens[idx].content or target)}</a>'

        def formula(self, tokens: Sequence[Any], idx: int, *_context: Any) -> str:
            source = tokens[idx].content
            return mathml(source) or f'<code class="formula">{html.escape(source)}</code>'

        def definition(self, tokens: Sequence[Any], idx: int, *_context: Any) -> str:
            return f'<p class="note" dir="auto">{html.escape(tokens[idx].content)}</p>\n'

        def table_open(self, *_context: Any) -> str:
            label = html.escape(_("Table"))
            return f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table dir="auto">'

        def table_close(self, *_context: Any) -> str:
            return "</table></div>\n"

        def fence(self, tokens: Sequence[Any], idx: int, *_context: Any) -> str:
            token = tokens[idx]
            name = token.info.strip().partition(" ")[0]
            code = _highlighted(token.content, name) or html.escape(token.content)
            label = html.escape(name or _("Code"))
            return f'<pre tabindex="0" role="region" aria-label="{label}"><code>{code}</code></pre>\n'

        def code_block(self, tokens: Sequence[Any], idx: int, *context: Any) -> str:
            return self.fence(tokens, idx, *context)

    return dialect(html=False, breaks=True, renderer_cls=Renderer)


def _highlighted(code: str, name: str) -> str:
    """Code with classes for ``code_styles``; empty where the language is not known."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return str(highlight(code, get_lexer_by_name(name, stripnl=False), HtmlFormatter(nowrap=True)))
    except ClassNotFound:
        return ""


def code_styles() -> str:
    """Colours of code for both schemes; both styles keep a contrast of 4.5 on the page's grounds."""
    from pygments.formatters import HtmlFormatter

    rules = []
    for scheme, style in (("light", "xcode"), ("dark", "lightbulb")):
        formatter: Any = HtmlFormatter(style=style)
        lines = [line for line in formatter.get_style_defs("pre code").splitlines() if line.startswith("pre code .")]
        rules.append(f"@media (prefers-color-scheme: {scheme}) {{\n" + "\n".join(lines) + "\n}\n")
    return "".join(rules)
