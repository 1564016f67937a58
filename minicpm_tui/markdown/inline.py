"""The inside of a paragraph: emphasis, code, links, pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from minicpm_tui.markdown.line import PLAIN, Ink, Run

if TYPE_CHECKING:
    from markdown_it.token import Token

_URL = re.compile(r"https?://[^\s<>\"'`|\\]*[^\s<>\"'`|\\.,;:!?)\]}*_~，。；：！？）】》]")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


def inline(token: Token, ink: Ink = PLAIN) -> list[Run]:
    """The runs of an ``inline`` token, on top of ``ink``; a hard break is a newline."""
    runs: list[Run] = []
    inks = [ink]
    for child in token.children or ():
        if child.nesting == -1:
            inks.pop()
        elif child.nesting == 1:
            inks.append((*inks[-1], *_opened(child)))
        else:
            runs += _leaf(child, inks[-1])
    return [run for run in runs if run[0]]


def _opened(token: Token) -> Ink:
    if token.type == "link_open":
        return ("link", f"link={token.attrs.get('href', '')}")
    return (token.type.removesuffix("_open"),)


def _leaf(token: Token, ink: Ink) -> list[Run]:
    kind = token.type
    if kind == "text":
        return _linked(_SPACE.sub(" ", token.content), ink)
    if kind == "code_inline":
        return [(token.content, (*ink, "code"))]
    if kind == "softbreak":
        return [(" ", ink)]
    if kind == "hardbreak" or (kind == "html_inline" and _BREAK.fullmatch(token.content)):
        return [("\n", ink)]
    if kind == "image":
        source = str(token.attrs.get("src", ""))
        return [(f"▣ {token.content or source}", (*ink, "link", f"link={source}"))]
    return [(token.content, ink)]


def _linked(text: str, ink: Ink) -> list[Run]:
    """``text`` with the bare web addresses in it made links."""
    if "://" not in text or "link" in ink:
        return [(text, ink)]
    runs: list[Run] = []
    end = 0
    for match in _URL.finditer(text):
        runs.append((text[end : match.start()], ink))
        runs.append((match.group(), (*ink, "link", f"link={match.group()}")))
        end = match.end()
    runs.append((text[end:], ink))
    return runs
