"""The inside of a paragraph: emphasis, code, links, pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from minicpm_tui.markdown.line import PLAIN, Ink, Run

if TYPE_CHECKING:
    from markdown_it.token import Token

_URL = re.compile(r"https?://[^\s<>\"'`|\\]*[^\s<>\"'`|\\.,;:!?)\]}*_~，。；：！？）】》]")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def inline(token: Token, ink: Ink = PLAIN, *, addresses: bool = False) -> list[Run]:
    """The runs of an ``inline`` token, on top of ``ink``; every line break is a newline.

    ``addresses``: where a link leads is written behind it, for a terminal on which it cannot be clicked.
    """
    runs: list[Run] = []
    opened: list[tuple[Token, Ink, int]] = []
    inks = [ink]
    for child in token.children or ():
        if child.nesting == 1:
            opened.append((child, inks[-1], len(runs)))
            inks.append((*inks[-1], *_opened(child)))
        elif child.nesting == -1:
            inks.pop()
            start, around, begin = opened.pop()
            if start.type == "link_open":
                text = "".join(text for text, _ink in runs[begin:])
                runs += _behind(start, text, str(start.attrs.get("href", "")), around, addresses=addresses)
        elif child.type == "image":
            source = str(child.attrs.get("src", ""))
            runs.append((f"▣ {child.content or source}", (*inks[-1], "link", f"link={source}")))
            runs += _behind(child, child.content or source, source, inks[-1], addresses=addresses)
        else:
            runs += _leaf(child, inks[-1])
    return [run for run in runs if run[0]]


def linked(text: str, ink: Ink) -> list[Run]:
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


def _opened(token: Token) -> Ink:
    if token.type == "link_open":
        return ("link", f"link={token.attrs.get('href', '')}")
    return (token.type.removesuffix("_open"),)


def _leaf(token: Token, ink: Ink) -> list[Run]:
    kind = token.type
    if kind == "text":
        return linked(token.content, ink)
    if kind == "code_inline":
        return [(token.content, (*ink, "code"))]
    if kind in {"softbreak", "hardbreak"} or (kind == "html_inline" and _BREAK.fullmatch(token.content)):
        return [("\n", ink)]
    return [(token.content, ink)]


def _behind(link: Token, text: str, address: str, ink: Ink, *, addresses: bool) -> list[Run]:
    """What the text of a link does not say: its title, and where it leads (always, when it has no text)."""
    runs: list[Run] = []
    if title := link.attrs.get("title"):
        runs.append((f" “{title}”", (*ink, "dim")))
    if not text.strip():
        runs.append((address, (*ink, "link", f"link={address}")))
    elif addresses and link.markup != "autolink" and address not in text:
        runs.append((f" ({address})", (*ink, "dim")))
    return runs
