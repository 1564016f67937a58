"""Markdown on a terminal without a screen of its own: the conversation's lines in the terminal's own colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.color import ColorSystem
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

from minicpm_tui.markdown.blocks import render
from minicpm_tui.markdown.line import PLAIN, Ink, Line, dyed
from minicpm_tui.markdown.source import shown_spans
from minicpm_tui.text import printable

_STYLES = {
    "strong": Style(bold=True),
    "em": Style(italic=True),
    "s": Style(strike=True),
    "code": Style(color="cyan"),
    "link": Style(underline=True),
    "h1": Style(bold=True, underline=True),
    **{f"h{level}": Style(bold=True) for level in range(2, 7)},
    "th": Style(bold=True),
    "bullet": Style(color="cyan"),
    "quote": Style(italic=True),
    "quote-bar": Style(color="cyan"),
    "rule": Style(dim=True),
    "dim": Style(dim=True),
    "tok-comment": Style(dim=True, italic=True),
    "tok-keyword": Style(color="magenta"),
    "tok-constant": Style(color="magenta"),
    "tok-type": Style(color="cyan"),
    "tok-string": Style(color="green"),
    "tok-number": Style(color="cyan"),
    "tok-function": Style(color="blue"),
    "tok-builtin": Style(color="cyan"),
    "tok-error": Style(color="red"),
    "removed": Style(color="red", strike=True),
    "added": Style(color="green", underline=True),
}


class Lines:
    """``lines`` for a ``rich`` console; what can only be clicked is left out. With ``last`` the end that fits its height."""

    def __init__(self, lines: Iterable[Line], *, last: bool = False) -> None:
        self._lines = list(lines)
        self._last = last

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._lines[-max(1, console.height - 2) :] if self._last else self._lines:
            yield from _segments(line)
            yield Segment.line()


def markdown_lines(text: str, console: Console, marked: Sequence[tuple[int, int]] = (), ink: Ink = PLAIN) -> list[Line]:
    """``text`` as wide as ``console``; the ranges ``marked`` of what is printable of it are drawn in ``ink`` too."""
    source = printable(text)
    lines = render(source, console.width, addresses=True)
    if not marked:
        return lines
    return [dyed(line, [(begin, end) for begin, end, _number in shown_spans(line, source, marked)], ink) for line in lines]


def ansi(line: Line) -> str:
    """``line`` with the codes of a terminal of sixteen colours, without its newline."""
    segments = _segments(line)
    return "".join((each.style or Style.null()).render(each.text, color_system=ColorSystem.STANDARD) for each in segments)


def _segments(line: Line) -> list[Segment]:
    runs = [(text, ink) for text, ink in line.runs if "button" not in ink]
    while runs and not runs[-1][0].strip():
        runs.pop()
    if runs:
        runs[-1] = (runs[-1][0].rstrip(), runs[-1][1])
    return [Segment(text, _style(ink)) for text, ink in runs]


def _style(ink: Ink) -> Style:
    return Style.combine([Style.null(), *(_STYLES[name] for name in ink if name in _STYLES)])
