"""One HTML page that needs nothing else: pictures inline, light and dark, printable, no scripts."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from importlib import resources
from typing import Any

from minicpm_tui.errors import SessionDamaged
from minicpm_tui.i18n import _, language
from minicpm_tui.messages import BlobReader, ImagePart, MediaPart, Message, VideoPart, media_of
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.labels import date_label, ending_label, facts_label, role_label
from minicpm_tui.text import one_line, printable


def render(journal: Journal, _options: Options) -> bytes:
    """The page, UTF-8."""
    markdown = _markdown()
    style = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    body = "\n".join(_message(message, markdown, journal.blobs) for message in journal.tree.path())
    title = html.escape(one_line(journal.title or journal.id))
    when = f'<time datetime="{html.escape(one_line(journal.created))}">{html.escape(date_label(journal.created))}</time>'
    policy = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
    return f"""<!DOCTYPE html>
<html lang="{language().replace("_", "-")}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}{_code_styles()}</style>
</head>
<body>
<header><h1>{title}</h1><p>{html.escape(one_line(journal.id))} · {when}</p></header>
<main>
{body}
</main>
</body>
</html>
""".encode("utf-8", "replace")


def _message(message: Message, markdown: Any, blobs: BlobReader) -> str:
    parts = [f'<article class="{message.role}"><h2 class="who">{html.escape(role_label(message))}</h2>']
    parts += [_media(part, blobs) for part in media_of(message.content)]
    if message.reasoning:
        title, reasoning = _("Reasoning"), markdown.render(printable(message.reasoning))
        parts.append(f"<details><summary>{html.escape(title)}</summary>{reasoning}</details>")
    if message.role == "assistant":
        parts.append(markdown.render(printable(message.text)))
    elif message.text:
        parts.append(f'<p class="plain">{html.escape(printable(message.text))}</p>')
    if broken := ending_label(message):
        parts.append(f'<p class="note">{html.escape(broken)}</p>')
    if facts := facts_label(message):
        parts.append(f"<footer>{html.escape(facts)}</footer>")
    return "\n".join([*parts, "</article>"])


def _media(part: MediaPart, blobs: BlobReader) -> str:
    name = html.escape(one_line(part.name))
    if not part.digests:
        return f'<p class="note">{name} · {html.escape(one_line(part.source.url or ""))}</p>'
    try:
        urls = [_data_url(part.media_type, blobs.read(digest)) for digest in part.digests]
    except SessionDamaged as error:
        return f'<p class="note">{name}: {html.escape(one_line(str(error)))}</p>'
    if isinstance(part, ImagePart):
        return f'<figure><img src="{urls[0]}" alt="{name}"><figcaption>{name}</figcaption></figure>'
    if part.file:
        return f'<figure><video controls src="{urls[0]}"></video><figcaption>{name}</figcaption></figure>'
    frames = "".join(
        f'<figure><img src="{url}" alt="{name}"><figcaption>{frame.time:.1f} s</figcaption></figure>'
        for url, frame in zip(urls, part.frames, strict=True)
    )
    return f'<figure class="video"><div>{frames}</div><figcaption>{name} · {_frames(part)}</figcaption></figure>'


def _frames(part: VideoPart) -> str:
    return html.escape(_("{count} frames").format(count=len(part.frames)))


def _data_url(media_type: str, data: bytes) -> str:
    kind = "image/jpeg" if media_type == "video/jpeg" else html.escape(one_line(media_type))
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _markdown() -> Any:
    """Markdown as the screen draws it. Raw HTML is text; a picture becomes a link, so that the page asks nobody for anything."""
    from markdown_it.renderer import RendererHTML

    from minicpm_tui.markdown.dialect import dialect

    class Renderer(RendererHTML):
        def image(self, tokens: Sequence[Any], idx: int, *_context: Any) -> str:
            target = html.escape(str(tokens[idx].attrGet("src") or ""))
            return f'<a href="{target}" rel="noreferrer">{html.escape(tokens[idx].content or target)}</a>'

        def formula(self, tokens: Sequence[Any], idx: int, *_context: Any) -> str:
            return html.escape(tokens[idx].content)

        def definition(self, tokens: Sequence[Any], idx: int, *_context: Any) -> str:
            return f'<p class="note">{html.escape(tokens[idx].content)}</p>\n'

    return dialect(html=False, breaks=True, highlight=_highlighted, renderer_cls=Renderer)


def _highlighted(code: str, name: str, _attributes: str) -> str:
    """Code with classes for ``_code_styles``; empty text leaves it to the renderer, escaped."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return str(highlight(code, get_lexer_by_name(name), HtmlFormatter(nowrap=True)))
    except ClassNotFound:
        return ""


def _code_styles() -> str:
    """Colours of code for both schemes."""
    from pygments.formatters import HtmlFormatter

    rules = []
    for scheme, style in (("light", "default"), ("dark", "github-dark")):
        formatter: Any = HtmlFormatter(style=style)
        lines = [line for line in formatter.get_style_defs("pre code").splitlines() if line.startswith("pre code .")]
        rules.append(f"@media (prefers-color-scheme: {scheme}) {{\n" + "\n".join(lines) + "\n}\n")
    return "".join(rules)
