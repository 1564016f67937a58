"""Styles in a terminal's words (SGR, ECMA-48 8.3.117), and the shortest sequence from one to another."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "21": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29"} | {
    "51": "54",
    "52": "54",
    "53": "55",
}
SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "51", "52", "53"})
"""Attributes that show where there is nothing but a blank."""


class Codes(NamedTuple):
    """A style: attributes that are on, foreground, background (each as in ``CSI … m``) and the target of a link."""

    attributes: frozenset[str] = frozenset()
    colour: str = ""
    background: str = ""
    link: str = ""

    @property
    def on_blank(self) -> Codes:
        """What of it shows on a blank: mostly its background alone."""
        if self.link or self.attributes & SEEN_ON_BLANKS:
            return self
        return Codes(background=self.background)


PLAIN = Codes()


@lru_cache(maxsize=4096)
def codes_of(style: Style | None, system: ColorSystem) -> Codes:
    """``style`` for a terminal with the colours of ``system``."""
    if style is None:
        return PLAIN
    colour = Strip.render_ansi(Style(color=style.color), system)
    background = Strip.render_ansi(Style(bgcolor=style.bgcolor), system)
    # without what is remembered on the style: the same one may go to another terminal
    everything = Strip.render_ansi(style.without_color + Style(color=style.color, bgcolor=style.bgcolor), system)
    attributes = everything.removesuffix(Strip.render_ansi(Style(color=style.color, bgcolor=style.bgcolor), system))
    return Codes(frozenset(filter(None, attributes.split(";"))), colour, background, style.link or "")


@lru_cache(maxsize=4096)
def change(now: Codes | None, then: Codes) -> str:
    """The sequence that makes ``then`` of ``now`` (None: anything may be on), links aside."""
    anew = [*sorted(then.attributes), then.colour, then.background]
    reset = f"\x1b[{';'.join(['0', *filter(None, anew)]) if any(anew) else ''}m"
    if now is None:
        return reset
    off = {_OFF[code] for code in now.attributes - then.attributes if code in _OFF}
    lost = {code for code in now.attributes & then.attributes if _OFF.get(code) in off}
    steps = [*sorted(off), *sorted((then.attributes - now.attributes) | lost)]
    if then.colour != now.colour:
        steps.append(then.colour or "39")
    if then.background != now.background:
        steps.append(then.background or "49")
    if not steps:
        return ""
    stepwise = f"\x1b[{';'.join(steps)}m"
    return reset if len(reset) <= len(stepwise) else stepwise
