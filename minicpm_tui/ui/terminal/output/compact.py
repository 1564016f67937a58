"""Fewer bytes for a line."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual.strip import Strip


class _Codes(NamedTuple):
    """A style in a terminal's words: attributes that are on, foreground, background."""

    attributes: frozenset[str]
    colour: str
    background: str


class CompactStrip(Strip):
    """A strip that says only what changes from one segment to the next. Textual resets and repeats everything."""

    __slots__ = ()

    def render(self, console: Console) -> str:
        """The bytes for a terminal, kept for the next time."""
        if self._render_cache is None:
            self._render_cache = _rendered(self, console._color_system or ColorSystem.TRUECOLOR)  # noqa: SLF001
        return self._render_cache


def _rendered(strip: Strip, system: ColorSystem) -> str:
    out: list[str] = []
    now = _PLAIN
    for text, style, _control in strip:
        codes = _codes(style, system) if style else _PLAIN
        if codes != now:
            out.append(_change(now, codes))
            now = codes
        link = style.link if style else None
        out.append(f"\x1b]8;;{link}\x1b\\{text}\x1b]8;;\x1b\\" if link else text)
    if now != _PLAIN:
        out.append("\x1b[0m")
    return "".join(out)


_PLAIN = _Codes(frozenset(), "", "")


@lru_cache(maxsize=4096)
def _codes(style: Style, system: ColorSystem) -> _Codes:
    bare = Style(color=style.color, bgcolor=style.bgcolor)
    everything = Strip.render_ansi(_alone(style), system)
    colours = Strip.render_ansi(bare, system)
    attributes = everything.removesuffix(colours).strip(";")
    colour = Strip.render_ansi(Style(color=style.color), system)
    background = Strip.render_ansi(Style(bgcolor=style.bgcolor), system)
    return _Codes(frozenset(filter(None, attributes.split(";"))), colour, background)


def _alone(style: Style) -> Style:
    """``style`` without what is remembered on it: the same style may go to another terminal."""
    return style.without_color + Style(color=style.color, bgcolor=style.bgcolor)


@lru_cache(maxsize=4096)
def _change(now: _Codes, then: _Codes) -> str:
    """The sequence that makes ``then`` of ``now``."""
    codes: list[str] = []
    if not now.attributes <= then.attributes or (now.colour and not then.colour) or (now.background and not then.background):
        codes, now = ["0"], _PLAIN
    codes += sorted(then.attributes - now.attributes)
    codes += [then.colour] if then.colour != now.colour else []
    codes += [then.background] if then.background != now.background else []
    return f"\x1b[{';'.join(code for code in codes if code)}m"


def difference(old: Strip, new: Strip) -> tuple[int, Strip]:
    """Where ``new`` begins to differ from ``old``, in cells, and what is to be written there."""
    before, after = list(old), list(new)
    if old.cell_length != new.cell_length:
        return 0, new
    shorter = min(len(before), len(after))
    begin = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    end = next((n for n in range(shorter - begin) if before[-1 - n] != after[-1 - n]), shorter - begin)
    if not begin and not end:
        return 0, new
    return sum(segment.cell_length for segment in after[:begin]), CompactStrip(after[begin : len(after) - end])
