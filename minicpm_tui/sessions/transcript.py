"""A conversation as text that appears over time, for a plain terminal."""

from __future__ import annotations

from collections.abc import Iterator

from minicpm_tui.messages import Delta, End, Message, media_of
from minicpm_tui.sessions.labels import ending_label, facts_label, full_label
from minicpm_tui.sessions.timeline import Timeline
from minicpm_tui.text import one_line, printable

_BOLD, _DIM, _ACCENT, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[0m"


def transcript(timeline: Timeline, *, colour: bool) -> Iterator[tuple[float, str, Message | None]]:
    """What to write and when (seconds); with the message where one begins. Colours only where asked for."""
    kind = ""
    whole = {message.id: message for message in timeline.path}
    open_reply: Message | None = None
    for step in timeline.steps:
        match step.event:
            case Message() as message:
                kind = ""
                above = _ending(open_reply, colour=colour) if open_reply else ""
                open_reply = whole[message.id] if message.role == "assistant" else None
                heading = _painted_if(full_label(timeline.tree, message), _styles(message), colour=colour)
                yield step.at, f"{above}\n{heading}\n{_body(message, colour=colour)}", message
            case Delta(text=text, kind=new):
                turned = "" if new == kind or not kind else "\n\n"
                kind = new
                shown = printable(text)
                yield step.at, turned + (_painted(shown, _DIM) if colour and new == "reasoning" else shown), None
            case End():
                open_reply = None
                yield step.at, _ending(whole[step.message_id], colour=colour), None
    if open_reply:
        yield timeline.duration, _ending(open_reply, colour=colour), None


def _styles(message: Message) -> str:
    return _BOLD + (_ACCENT if message.role == "user" else "")


def _body(message: Message, *, colour: bool) -> str:
    names = [one_line(part.name) for part in media_of(message.content)]
    lines = [_painted_if(f"[{name}]", _DIM, colour=colour) for name in names]
    if message.text:
        lines.append(printable(message.text))
    return "\n".join(lines) + ("\n" if message.role != "assistant" else "")


def _ending(reply: Message, *, colour: bool) -> str:
    lines = [line for line in (ending_label(reply, places=True), facts_label(reply)) if line]
    return "\n" + "".join(_painted_if(line, _DIM, colour=colour) + "\n" for line in lines)


def _painted_if(text: str, style: str, *, colour: bool) -> str:
    return _painted(text, style) if colour else text


def _painted(text: str, style: str) -> str:
    return f"{style}{text}{_PLAIN}"
