"""One message of the conversation as a column of units."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from rich.segment import Segment

from minicpm_tui.markdown.blocks import render
from minicpm_tui.markdown.code import TAB
from minicpm_tui.markdown.line import BLANK, Ink, Line
from minicpm_tui.markdown.stream import Stream
from minicpm_tui.markdown.wrap import uncut_lines, wrap
from minicpm_tui.messages import Message, media_of
from minicpm_tui.text import printable
from minicpm_tui.ui.conversation import message_chrome
from minicpm_tui.ui.conversation.lengths import QUICK, SHOWN, pieces
from minicpm_tui.ui.conversation.unit import Part, Unit

Lines = Callable[[int], list[Line]]


@dataclass
class Extras:
    """What belongs to a message on the screen but is not in it."""

    position: tuple[int, int] = (1, 1)
    thumbnails: Sequence[Sequence[Segment]] = ()
    notices: tuple[str, ...] = ()
    thought_seconds: float | None = None
    reasoning_shown: bool = False
    as_written: bool = False
    attachments_shown: bool = False
    shown: int = SHOWN


class Entry:
    """A message and its units. ``stream`` is set while the reply arrives; ``parsed`` once its Markdown is cut into blocks.

    Of a text longer than ``extras.shown`` characters only the beginning is.
    """

    def __init__(self, message: Message, width: int, extras: Extras | None = None) -> None:
        self.message = message
        self.extras = extras or Extras()
        self.width = width
        self.stream: Stream | None = None
        self.parsed: Stream | None = None
        self._cutting: Stream | None = None
        self.reasoning = message.reasoning
        self.units: list[Unit] = []
        self.rebuild()

    @property
    def height(self) -> int:
        """Rows on the screen."""
        return sum(unit.height for unit in self.units)

    @property
    def source(self) -> str:
        """The text of the message, safe to show: all of it."""
        known = self.stream or self.parsed
        return known.source if known and (self.stream or not self.hidden) else printable(self.message.text)

    @property
    def hidden(self) -> int:
        """Characters at the end that are not shown."""
        return max(0, len(self.message.text) - self.extras.shown)

    @property
    def _shown_text(self) -> str:
        return self.message.text[: self.extras.shown]

    def resize(self, width: int) -> None:
        """Lay out anew for ``width``, later."""
        self.width = width
        for unit in self.units:
            unit.resize(width)

    def rebuild(self) -> None:
        """Make the units anew from the message."""
        self.units = [Unit(part, self.width) for part in self._parts()]

    @property
    def unfolded(self) -> bool:
        """True when nothing of the Markdown has to be cut into blocks any more."""
        return self.message.role != "assistant" or bool(self.parsed or self.stream) or not self.message.text

    def expand(self, *, whole: bool = False) -> bool:
        """Cut the Markdown of a reply into blocks, when that has not been done: its height is a guess before.

        A long text is only begun with: ``proceed`` goes on, or ``whole`` does all of it at once. True when the units are new.
        """
        if self.unfolded or (self._cutting is not None and not whole):
            return False
        if self._cutting is None:
            self._cutting = Stream.of(self._shown_text)
            if len(self._cutting.source) > QUICK and not whole:
                self.rebuild()
                return True
        while not self.proceed():
            pass
        return True

    @property
    def cutting(self) -> bool:
        """Is a long text being cut into blocks?"""
        return self._cutting is not None

    def proceed(self) -> bool:
        """Cut a little more of a long text; True when the units are new because that was all."""
        if (stream := self._cutting) is None:
            return False
        if stream.step(stream.wanted):
            return False
        stream.finish()
        self.parsed, self._cutting = stream, None
        self.rebuild()
        return True

    def show_more(self, least: int = 0) -> None:
        """Show more of what is ``hidden``, at least ``least`` characters of the text."""
        while self.hidden:
            self.extras.shown *= 2
            if self.extras.shown >= least:
                break
        self.parsed = None
        self.rebuild()

    def _parts(self) -> Iterator[Part]:
        message, extras = self.message, self.extras
        if extras.position[1] > 1:
            yield _fixed(lambda width: message_chrome.branch_line(extras.position, width), 1)
        if media := media_of(message.content):
            shown = extras.attachments_shown
            count = len(media) if shown or not message_chrome.is_folded(media) else 1
            lines = _fixed(
                lambda width: message_chrome.attachment_lines(media, width, shown=shown), count + len(extras.thumbnails)
            )
            yield lines._replace(thumbnails=extras.thumbnails)
        if message.role != "assistant":
            yield from self._written()
            return
        for notice in extras.notices:
            yield _fixed(partial(message_chrome.notice_lines, notice), 2)
        if self.reasoning:
            yield _fixed(self._reasoning, 2)
        yield from self._markdown()
        if self.hidden and self.stream is None:
            yield self._more()
        yield _fixed(self._status, 2)

    def _written(self) -> Iterator[Part]:
        """A user's text, as it was typed."""
        text = printable(self._shown_text)
        ink = ("user",) if self.message.role == "user" else ("dim",)
        for start, end in pieces(text) if text else ():
            yield _typed(text[start:end], start, ink, last=end == len(text))
        if self.hidden:
            yield self._more()
        yield _fixed(lambda _width: [BLANK], 1)

    def _more(self) -> Part:
        """What brings more of a long text."""
        return _fixed(partial(message_chrome.more_lines, self.hidden), 2)

    def _markdown(self) -> Iterator[Part]:
        known = self.stream or self.parsed
        if known is None:
            if (text := self.message.text) and self.extras.as_written:
                text = printable(self._shown_text)
                yield from (written_part(text[start:end], start) for start, end in pieces(text))
            elif text and self._cutting is not None:
                count = len(self._cutting.source)
                yield _fixed(partial(message_chrome.waiting_lines, count), 2)
            elif text:
                yield Part(lambda width: render(text, width), _guess(self._shown_text), text)
            return
        for start, end in known.blocks:
            yield self.block(known, start, end)
        if self.stream is not None:
            yield self.tail()

    def block(self, stream: Stream, start: int, end: int) -> Part:
        """A finished block of a reply."""
        source = stream.source[start:end]
        if self.extras.as_written:
            return written_part(source, start)

        def build(width: int) -> list[Line]:
            lines = stream.block_lines(start, end, width)
            return [*lines, BLANK] if lines and end not in stream.cuts else lines

        return Part(build, _guess(source), source, start)

    def tail(self) -> Part:
        """The block that is being written."""
        stream = self.stream
        assert stream is not None
        if self.extras.as_written:
            return written_part(stream.tail, stream.tail_start)

        def build(width: int) -> list[Line]:
            lines = stream.lines(width)
            return [*lines, BLANK] if lines else []

        return Part(build, _guess(stream.tail), stream.tail, stream.tail_start)

    def _reasoning(self, width: int) -> list[Line]:
        live = self.stream is not None and not self.stream.source
        extras = self.extras
        return message_chrome.reasoning_lines(
            self.reasoning, extras.thought_seconds, width, shown=extras.reasoning_shown, live=live
        )

    def _status(self, width: int) -> list[Line]:
        live = self.stream is not None
        empty = live and not self.source and not self.reasoning
        lines = message_chrome.status_lines(self.message, width, live=live, empty=empty)
        above = [BLANK] if self.extras.as_written and self.source else []  # blocks as they were written end without one
        return [*above, *lines, BLANK] if lines else above


def _typed(text: str, base: int, ink: Ink, *, last: bool) -> Part:
    """A piece of a text as it was typed; ``last``: no other one follows."""

    def build(width: int) -> list[Line]:
        lines = wrap([(text if last else text.removesuffix("\n"), ink)], width, 0, len(text))
        return [line._replace(fill=ink) for line in lines]

    return Part(build, lambda width: len(text) // max(width, 1) + text.count("\n") + 1, text, base)


def written_part(source: str, base: int) -> Part:
    """Text as it was written, marks and all, cut where a line is full."""
    lines = source.removesuffix("\n").split("\n") if source else []

    def build(width: int) -> list[Line]:
        drawn: list[Line] = []
        start = 0
        for line in lines:
            shown = line.expandtabs(TAB)
            drawn += uncut_lines(shown, width, start, start + len(line))
            start += len(line) + 1
        return drawn

    return Part(build, _guess(source), source, base)


def _fixed(build: Lines, height: int) -> Part:
    return Part(build, lambda _width: height)


def _guess(text: str) -> Callable[[int], int]:
    return lambda width: len(text) // max(width, 1) + text.count("\n") + 2
