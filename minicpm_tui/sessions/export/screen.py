"""A conversation as it is written on a terminal: drawn like on the screen, corrected where later words change a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest

from minicpm_tui.markdown.console import ansi
from minicpm_tui.markdown.line import BLANK, PLAIN, Ink, Line
from minicpm_tui.markdown.stream import Stream
from minicpm_tui.markdown.wrap import wrap
from minicpm_tui.messages import Delta, End, Message, media_of
from minicpm_tui.sessions.labels import ending_label, facts_label, full_label
from minicpm_tui.sessions.timeline import Step, Timeline
from minicpm_tui.text import one_line, printable

COLUMNS, ROWS = 100, 30
"""Cells of the terminal."""

_FRAME = 0.05
"""Seconds; pieces of a reply that come closer together are drawn at once."""
_CHARACTERS = 8_000
"""Of the block that is being written cost a second more between two frames: all of it is laid out for each."""


def frames(timeline: Timeline) -> Iterator[tuple[float, str, Message | None]]:
    """What a terminal is sent and when, in seconds; with the message where one begins."""
    whole = {message.id: message for message in timeline.path}
    reply: _Reply | None = None
    drawn = 0.0
    for step, after in zip_longest(timeline.steps, timeline.steps[1:]):
        match step.event:
            case Message() as message:
                above = reply.end() if reply else ""
                reply = _Reply(whole[message.id], message.text) if message.role == "assistant" else None
                yield step.at, above + _written(_heading(timeline, message)), message
            case Delta() as delta if reply:
                reply.feed(delta)
                if step.at - drawn >= reply.interval or not _follows(step, after, reply.interval):
                    drawn = step.at
                    yield step.at, reply.draw(), None
            case End() if reply:
                yield step.at, reply.end(), None
                reply = None
            case _:
                pass
    if reply:
        yield timeline.duration, reply.end(), None


class _Lines:
    """The lines at the end of a terminal that may still change; what is above them has been written for good."""

    def __init__(self) -> None:
        self._shown: list[Line] = []

    def show(self, lines: Sequence[Line]) -> str:
        """Codes and text that make of the lines shown these ones. What has scrolled away stays as it was."""
        same = next((at for at, (old, new) in enumerate(zip(self._shown, lines, strict=False)) if old.runs != new.runs), None)
        same = min(len(self._shown), len(lines)) if same is None else same
        same = max(same, len(self._shown) - (ROWS - 1))
        up = len(self._shown) - same
        self._shown = [*self._shown[:same], *lines[same:]]
        return (f"\x1b[{up}A\x1b[J" if up else "") + _written(lines[same:])

    def keep(self, lines: Sequence[Line]) -> str:
        """``show``; these lines will not change any more."""
        text = self.show(lines)
        self._shown = []
        return text


class _Reply:
    """A reply while it is being written; ``message`` is what it becomes, ``text`` how it begins."""

    def __init__(self, message: Message, text: str) -> None:
        self._message = message
        self._lines = _Lines()
        self._stream = Stream(addresses=True)
        self._thought = ""
        self._blocks = 0
        self._begun = False
        self._come = [text]

    @property
    def interval(self) -> float:
        """Seconds between two frames."""
        return _FRAME + len(self._stream.tail) / _CHARACTERS

    def feed(self, delta: Delta) -> None:
        """Take a piece in."""
        if delta.kind == "reasoning":
            self._thought += printable(delta.text)
        else:
            self._come.append(delta.text)

    def draw(self) -> str:
        """What makes the terminal show all that has come."""
        self._take_in()
        text = self._draw_thought(final=bool(self._stream.source))
        text += self._draw_blocks()
        tail = self._stream.lines(COLUMNS) if self._stream.tail.strip() else []
        return text + (self._lines.show([BLANK, *tail] if self._begun else tail) if tail else "")

    def end(self) -> str:
        """All of the reply, and how it ended."""
        self._take_in()
        self._stream.finish()
        text = self._draw_thought(final=True) + self._draw_blocks()
        notes = [note for note in (ending_label(self._message), facts_label(self._message)) if note]
        return text + _written([line for note in notes for line in _plain(note, ("dim",))] + [BLANK])

    def _take_in(self) -> None:
        self._stream.feed("".join(self._come))
        self._come = []

    def _draw_thought(self, *, final: bool) -> str:
        """The reasoning: whole lines for good, the last one as far as it has come."""
        *done, last = self._thought.split("\n")
        self._thought = last
        text = "".join(self._lines.keep(_plain(line, ("dim", "em"))) for line in done)
        if last and final:
            self._thought = ""
            text += self._lines.keep(_plain(last, ("dim", "em")))
        elif last:
            text += self._lines.show(_plain(last, ("dim", "em")))
        self._begun |= bool(text)
        return text

    def _draw_blocks(self) -> str:
        text = ""
        for start, end in self._stream.blocks[self._blocks :]:
            lines = self._stream.block_lines(start, end, COLUMNS)
            if lines:
                text += self._lines.keep([BLANK, *lines] if self._begun and start not in self._stream.cuts else lines)
                self._begun = True
        self._blocks = len(self._stream.blocks)
        return text


def _heading(timeline: Timeline, message: Message) -> list[Line]:
    """Who speaks, and all of a message that does not arrive in pieces."""
    lines = _plain(full_label(timeline.tree, message), ("strong", "bullet") if message.role == "user" else ("strong",))
    lines += [line for part in media_of(message.content) for line in _plain(f"[{one_line(part.name)}]", ("dim",))]
    if message.role == "assistant":
        return lines
    return [*lines, *(_plain(printable(message.text), PLAIN) if message.text else []), BLANK]


def _follows(step: Step, after: Step | None, interval: float) -> bool:
    """Whether the next piece comes so soon that both are drawn at once."""
    return after is not None and isinstance(after.event, Delta) and after.at - step.at < interval


def _plain(text: str, ink: Ink) -> list[Line]:
    return wrap([(text, ink)], COLUMNS)


def _written(lines: Sequence[Line]) -> str:
    return "".join(_ansi(line.runs) + "\r\n" for line in lines)


@lru_cache(maxsize=4096)
def _ansi(runs: tuple[tuple[str, Ink], ...]) -> str:
    return ansi(Line(runs))
