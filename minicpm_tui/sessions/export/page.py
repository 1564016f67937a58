"""One HTML page that needs nothing else: pictures inline, light and dark, printable, no scripts."""

from __future__ import annotations

import html
from collections.abc import Iterator
from importlib import resources

from minicpm_tui.errors import SessionError
from minicpm_tui.i18n import language
from minicpm_tui.messages import Message
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.export.page_markdown import code_styles
from minicpm_tui.sessions.export.page_message import Articles
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.labels import date_label
from minicpm_tui.sessions.rerun_of import RERUN_OF
from minicpm_tui.text import one_line


def render(journal: Journal, _options: Options) -> bytes:
    """The page, UTF-8. A rerun has the recorded answers beside its own, where the first session is still there."""
    style = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    articles = Articles(journal.tree, journal.blobs)
    recorded = _recorded(journal)
    body = "\n".join(articles.all() if recorded is None else articles.compared(recorded, _copied))
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
{style}{code_styles()}</style>
</head>
<body>
<header><h1 dir="auto">{title}</h1><p>{html.escape(one_line(journal.id))} · {when}</p></header>
<main>
{body}
</main>
</body>
</html>
""".encode("utf-8", "replace")


def _recorded(journal: Journal) -> list[Message | None] | None:
    """The answers that a rerun asked again for, question by question; None for another session, or where the first is gone."""
    name = journal.settings.get(RERUN_OF)
    if not isinstance(name, str):
        return None
    try:
        with Journal.open(name, read_only=True) as source:
            return list(_answers(source.tree.path()))
    except SessionError:
        return None


def _answers(path: tuple[Message, ...]) -> Iterator[Message | None]:
    for message, after in zip(path, (*path[1:], None), strict=True):
        if message.role == "user":
            yield after if after is not None and after.role == "assistant" else None


def _copied(message: Message) -> bool:
    return RERUN_OF in (message.request or {})
