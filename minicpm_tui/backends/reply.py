"""Turns the bytes of a streamed reply into events."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec

from minicpm_tui.backends.reasoning import Piece, ThinkSplitter
from minicpm_tui.backends.sse import DONE, Choice, DeltaChunk, EventReader, UsageChunk, decode_chunk
from minicpm_tui.errors import MinicpmTuiError, ServerFailed
from minicpm_tui.i18n import _
from minicpm_tui.messages import ABORT, Delta, End, Usage


class ReplyReader:
    """One reply, fed with the bytes of its body.

    ``began``: ``time.monotonic()`` when the request was sent; ``thinking``: the request switched it on. ``answering`` is True
    from the first token on, ``complete`` once the finish_reason is here, ``done`` at the end of the stream.
    ``refusal`` is the status and body of an error that came instead of a reply.
    """

    def __init__(self, began: float, *, thinking: bool = False) -> None:
        self._began = began
        self._events = EventReader()
        self._splitter = ThinkSplitter(expected=thinking)
        self._finish_reason: str | None = None
        self._usage: Usage | None = None
        self._first_token: float | None = None
        self._refused = False
        self.answering = False
        self.done = False
        self.refusal: tuple[int, bytes] | None = None

    @property
    def complete(self) -> bool:
        """True once a finish_reason has come; the usage may still follow."""
        return self._finish_reason is not None

    def feed(self, data: bytes) -> Iterator[Delta]:
        """The deltas that ``data`` completes. Raises ServerFailed for an error in the middle of the reply, or garbage."""
        yield from self._read(self._events.feed(data))

    def finish(self) -> Iterator[Delta]:
        """What was held back. Raises ServerFailed when the stream ended before the reply did."""
        if not self.done:
            yield from self._read(self._events.finish())
        yield from self._deltas(self._splitter.finish(self._finish_reason))
        if self.refusal is None and not self.complete:
            raise ServerFailed(
                _("the connection broke off during the reply"), hint=_("check that the server is still running, then try again")
            )

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
                self.done = True
                return
            yield from self._chunk(event)

    def _chunk(self, event: bytes) -> Iterator[Delta]:
        try:
            chunk = decode_chunk(event)
        except ValueError:
            words = _("it sent something that is not part of a reply")
            raise ServerFailed(words, hint=_("check that the address is vLLM's")) from None
        if chunk.error and chunk.error != b"null":
            self._error(event)
            return
        if chunk.usage:
            self._usage = _usage(chunk.usage)
        for choice in chunk.choices[:1]:
            yield from self._choice(choice)

    def _choice(self, choice: Choice) -> Iterator[Delta]:
        delta = choice.delta or choice.message or DeltaChunk()
        # The chunk with nothing but the role is no token: vLLM also sends it before an error.
        self.answering |= delta.role is None or bool(delta.content) or choice.finish_reason is not None
        if reasoning := delta.reasoning or delta.reasoning_content:
            self._splitter.saw_reasoning()
            yield from self._deltas([("reasoning", reasoning)])
        if delta.content:
            yield from self._deltas(self._splitter.feed(delta.content))
        if delta.refusal:
            self.answering = self._refused = True
            yield from self._deltas([("content", delta.refusal)])
        if choice.finish_reason:
            self._finish_reason = choice.finish_reason

    def _deltas(self, pieces: list[Piece]) -> Iterator[Delta]:
        at = round(time.monotonic() - self._began, 4)
        for kind, text in pieces:
            if self._first_token is None:
                self._first_token = at
            yield Delta(kind, text, at)

    def _error(self, event: bytes) -> None:
        """An ``error`` chunk: before the reply it is a refusal like any other, later it ends the reply."""
        from minicpm_tui.backends.failures import failure_of

        self.done = True
        status = _status(event)
        if not self.answering:
            self.refusal = (status, event)
            return
        raise failure_of(status, event, url="", key_sent=False).error


class _ErrorCode(msgspec.Struct):
    code: int = 500


class _ErrorChunk(msgspec.Struct):
    error: _ErrorCode


def _status(event: bytes) -> int:
    try:
        return msgspec.json.decode(event, type=_ErrorChunk).error.code
    except ValueError:
        return 500


def _usage(chunk: UsageChunk) -> Usage:
    cached = chunk.prompt_tokens_details.cached_tokens if chunk.prompt_tokens_details else None
    return Usage(chunk.prompt_tokens, chunk.completion_tokens or 0, cached)
