"""Turns the bytes of a streamed reply into events."""

from __future__ import annotations

import time
from collections.abc import Iterator

from minicpm_tui.backends.error_words import words_in
from minicpm_tui.backends.followed import Followed
from minicpm_tui.backends.odd_chunks import STOP, events_within, read_chunk
from minicpm_tui.backends.reasoning import Piece, ThinkSplitter
from minicpm_tui.backends.reply_text import ReplyText
from minicpm_tui.backends.sse import DONE, Choice, Chunk, DeltaChunk, EventReader, decode_chunk, usage_of
from minicpm_tui.decoding import DecodingError
from minicpm_tui.errors import MinicpmTuiError, ServerFailed
from minicpm_tui.i18n import _
from minicpm_tui.messages import ABORT, Delta, DeltaKind, End, Notice, Usage
from minicpm_tui.redaction import hide
from minicpm_tui.text import one_line

UNREAD_LIMIT = 100
"""Events that cannot be read, before the first one that can: this is no reply."""
_REASON_LIMIT = 40
_ENDS = {DONE, b'"[DONE]"', b"[done]"}


class ReplyReader:
    """One reply, fed with the bytes of its body.

    ``began``: ``time.monotonic()`` when the request was sent; ``thinking``: the request switched it on. ``answering`` is True
    from the first token on, ``complete`` once the finish_reason is here, ``done`` at the end of the stream.
    ``refusal`` is the status and body of an error that came instead of a reply.

    What is odd in a chunk is dropped, its text is kept; a chunk that cannot be read at all is passed over and said at the end.
    """

    def __init__(self, began: float, *, thinking: bool = False) -> None:
        self._began = began
        self._events = EventReader()
        self._splitter = ThinkSplitter(expected=thinking)
        self._content, self._reasoning = ReplyText(), ReplyText()
        self._finish_reason: str | None = None
        self._usage: Usage | None = None
        self._first_token: float | None = None
        self._followed: Followed[tuple[Choice, bool]] = Followed(lambda each: bool(_text_of(each[0])))
        self._unread = 0
        self._foreign = False
        self._refused = False
        self.answering = False
        self.done = False
        self.refusal: tuple[int, bytes] | None = None

    @property
    def complete(self) -> bool:
        """Whether the reply is all here."""
        return self._finish_reason is not None

    def feed(self, data: bytes) -> Iterator[Delta]:
        """The deltas that ``data`` completes. Raises ServerFailed for an error in the middle of the reply, or garbage."""
        yield from self._read(self._events.feed(data))

    def finish(self) -> Iterator[Delta | Notice]:
        """What was held back. Raises ServerFailed when the stream ended before the reply did."""
        if not self.done:
            yield from self._read(self._events.finish())
        yield from self.held()
        if self.refusal is not None:
            return
        if (self._unread and self._first_token is None) or (self._foreign and not self.answering):
            raise _garbage()
        if not self.complete:
            raise ServerFailed(
                _("the connection broke off during the reply"), hint=_("check that the server is still running, then try again")
            )
        if self._unread:
            yield Notice(_("A part of the reply could not be read and is missing."))

    def held(self) -> Iterator[Delta]:
        """What was held back of the text, as more of it might have changed what it means, or another version might have come."""
        yield from self._choices(self._followed.rest())
        yield from self._deltas("reasoning", self._reasoning.finish())
        yield from self._split(self._splitter.feed(self._content.finish()) + self._splitter.finish(self._finish_reason))

    def end(self, error: MinicpmTuiError | None = None) -> End:
        """The end of the reply as it stands now."""
        if error is None and self._finish_reason in {ABORT, "error"}:
            error = ServerFailed(
                _("it stopped the reply itself"), hint=_("check that the server is still running, then try again")
            )
        return End(
            finish_reason=self._finish_reason,
            usage=self._usage,
            seconds=round(time.monotonic() - self._began, 4),
            first_token_seconds=self._first_token,
            error=error.info if error else None,
            refused=self._refused,
        )

    def _read(self, events: Iterator[bytes]) -> Iterator[Delta]:
        for event in events:
            if event == DONE:
                yield from self._over()
                return
            yield from self._event(event)
            if self.done:
                return

    def _over(self) -> Iterator[Delta]:
        """The server says that there is no more: a reply without a finish reason is complete all the same."""
        yield from self._choices(self._followed.rest())
        self.done = True
        if self.refusal is None and not self._unread:
            self._finish_reason = self._finish_reason or STOP

    def _event(self, event: bytes) -> Iterator[Delta]:
        odd = False
        try:
            chunk: Chunk | None = decode_chunk(event)
        except DecodingError:
            chunk, odd = None, True
        if chunk is None or not (chunk.choices or chunk.usage or chunk.failed):
            chunk = read_chunk(event)
        if chunk is None:
            yield from self._unreadable(event)
            return
        if chunk.failed:
            yield from self._choices(self._followed.rest())
            self._error(event)
            return
        self._usage = usage_of(chunk.usage) or self._usage
        if not chunk.choices:
            self._foreign |= chunk.usage is None
        elif len(chunk.choices) > 1:
            chunk.choices.sort(key=lambda choice: choice.index)
        for choice in chunk.choices:
            self.answering = self.answering or _answers(choice)
            yield from self._choices(self._followed.take(choice.index, (choice, odd)))

    def _choices(self, choices: list[tuple[Choice, bool]]) -> Iterator[Delta]:
        for choice, odd in choices:
            yield from self._choice(choice, odd=odd)

    def _unreadable(self, event: bytes) -> Iterator[Delta]:
        if event.strip() in _ENDS:
            yield from self._over()
            return
        if within := events_within(event):
            yield from self._read(iter(within))
            return
        self._unread += 1
        if self._unread > UNREAD_LIMIT and not self.answering:
            raise _garbage()

    def _choice(self, choice: Choice, *, odd: bool) -> Iterator[Delta]:
        delta = choice.delta
        if delta is None:
            # A whole message at the end of a stream repeats what has been said.
            repeated = self._first_token is not None
            delta = (None if repeated else choice.message) or DeltaChunk(content=choice.text)
        if thought := delta.thought:
            self._splitter.saw_reasoning()
            yield from self._deltas("reasoning", self._reasoning.feed(thought, odd=odd))
        if delta.content:
            yield from self._split(self._splitter.feed(self._content.feed(delta.content, odd=odd)))
        if delta.refusal:
            self._refused = True
            yield from self._deltas("content", self._content.feed(delta.refusal, odd=odd))
        if choice.finish_reason:
            self._finish_reason = one_line(hide(choice.finish_reason), _REASON_LIMIT)

    def _split(self, pieces: list[Piece]) -> Iterator[Delta]:
        for kind, text in pieces:
            yield from self._deltas(kind, text)

    def _deltas(self, kind: DeltaKind, text: str) -> Iterator[Delta]:
        if not text:
            return
        at = round(time.monotonic() - self._began, 4)
        if self._first_token is None:
            self._first_token = at
        yield Delta(kind, text, at)

    def _error(self, event: bytes) -> None:
        """An ``error`` chunk: before the reply it is a refusal like any other, later it ends the reply."""
        from minicpm_tui.backends.failures import failure_of

        self.done = True
        words = words_in(event)
        status = (words.code if words else None) or 500
        if not self.answering:
            self.refusal = (status, event)
            return
        raise failure_of(status, event, url="", key_sent=False).error


def _answers(choice: Choice) -> bool:
    """The chunk with nothing but the role is no token: vLLM also sends it before an error."""
    delta = choice.delta or choice.message
    return delta is None or delta.role is None or bool(delta.content or delta.refusal) or choice.finish_reason is not None


def _text_of(choice: Choice) -> str | None:
    delta = choice.delta or choice.message
    return choice.text if delta is None else delta.content or delta.thought or delta.refusal


def _garbage() -> ServerFailed:
    return ServerFailed(_("it sent something that is not part of a reply"), hint=_("check that the address is vLLM's"))
