"""A conversation as text that appears over time, for a plain terminal."""

from __future__ import annotations

from collections.abc import Iterator

from minicpm_tui.i18n import _
from minicpm_tui.messages import Delta, End, Message, media_of
from minicpm_tui.sessions.labels import role_label
from minicpm_tui.sessions.timeline import Timeline
from minicpm_tui.text import format_duration, one_line, printable

_BOLD, _DIM, _ACCENT, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[0m"


def transcript(timeline: Timeline, *, colour: bool) -> Iterator[tuple[float, str, Message | None]]:
    """What to write and when (seconds); with the message where one begins. Colours only where asked for."""
    kind = ""
    for step in timeline.steps:
        match step.event:
            case Message() as message:
                kind = ""
                yield step.at, _heading(message, colour=colour) + _body(message, colour=colour), message
            case Delta(text=text, kind=new):
                turned = "" if new == kind or not kind else "\n\n"
                kind = new
                shown = printable(text)
                yield step.at, turned + (_painted(shown, _DIM) if colour and new == "reasoning" else shown), None
            case End() as end:
                yield step.at, _ending(end, colour=colour), None
    if timeline.path and timeline.path[-1].unfinished and not timeline.path[-1].end:
        yield timeline.duration, "\n" + _painted_if(_("(unfinished)"), _DIM, colour=colour) + "\n", None


def _heading(message: Message, *, colour: bool) -> str:
    return "\n" + _painted_if(role_label(message), _BOLD + (_ACCENT if message.role == "user" else ""), colour=colour) + "\n"


def _body(message: Message, *, colour: bool) -> str:
    names = [one_line(part.name) for part in media_of(message.content)]
    lines = [_painted_if(f"[{name}]", _DIM, colour=colour) for name in names]
    if message.text:
        lines.append(printable(message.text))
    return "\n".join(lines) + ("\n" if message.role != "assistant" else "")


def _ending(end: End, *, colour: bool) -> str:
    if end.error:
        return "\n" + _painted_if(one_line(end.error.line()), _DIM, colour=colour) + "\n"
    facts = [format_duration(end.seconds)] if end.seconds >= 1 else []
    if end.usage:
        facts.append(_("{count} tokens").format(count=end.usage.completion_tokens))
    return "\n" + (_painted_if(" · ".join(facts), _DIM, colour=colour) + "\n" if facts else "")


def _painted_if(text: str, style: str, *, colour: bool) -> str:
    return _painted(text, style) if colour else text


def _painted(text: str, style: str) -> str:
    return f"{style}{text}{_PLAIN}"
