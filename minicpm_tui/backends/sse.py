"""Server-sent events as vLLM writes them, decoded without building an object the program does not use.

Format: https://html.spec.whatwg.org/multipage/server-sent-events.html; chunks as the OpenAI API has them, with vLLM's
``reasoning`` and its ``error`` chunks inside a stream that began with 200.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from minicpm_tui.decoding import JsonDecoder
from minicpm_tui.errors import ServerFailed
from minicpm_tui.i18n import _
from minicpm_tui.messages import Usage

DONE = b"[DONE]"
LINE_LIMIT = 8_000_000
"""Bytes of an event; a chunk has some hundred."""
_BOM = b"\xef\xbb\xbf"
_EVENT_STARTS = (b"data:", b"event:", b"id:", b"retry:", b":")
"""How a stream of events begins, by which one is known that has another type."""
_NO_TEXT = _BOM + b"\0"
"""Bytes before a line: of byte order marks, and those that some gateways send to keep a connection alive."""
_BEFORE_EVENTS = _NO_TEXT + b" \t\r\n"
"""Bytes that may stand before that."""
_NO_ERROR = {b"null", b"{}", b'""', b"false", b"0", b"[]"}
_MOST_TOKENS = 1 << 40


class DeltaChunk(msgspec.Struct, gc=False):
    """``reasoning_content`` is the older name of ``reasoning``, ``thinking`` that of Ollama.

    ``refusal`` comes instead of content when the model declines.
    """

    role: str | None = None
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    thinking: str | None = None
    refusal: str | None = None

    @property
    def thought(self) -> str:
        """The reasoning, by whatever name."""
        return self.reasoning or self.reasoning_content or self.thinking or ""


class Choice(msgspec.Struct, gc=False):
    """``message`` stands there instead of ``delta`` when a server does not stream, ``text`` in the older completions."""

    delta: DeltaChunk | None = None
    message: DeltaChunk | None = None
    text: str | None = None
    finish_reason: str | None = None
    index: int = 0


class PromptDetails(msgspec.Struct, gc=False):
    """How many tokens of the prompt the server had in its cache."""

    cached_tokens: int | None = None


class UsageChunk(msgspec.Struct, gc=False):
    """The tokens that the server counted."""

    prompt_tokens: int = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: PromptDetails | None = None


class Chunk(msgspec.Struct, gc=False):
    """One ``data:`` line."""

    choices: list[Choice] = []
    usage: UsageChunk | None = None
    error: msgspec.Raw = msgspec.Raw()

    @property
    def failed(self) -> bool:
        """Whether it says that something went wrong."""
        return bool(self.error) and bytes(self.error) not in _NO_ERROR


decode_chunk = JsonDecoder(Chunk).decode
"""Raises DecodingError for what is no chunk by the letter; ``odd_chunks.read_chunk`` makes the best of that."""


def usage_of(chunk: UsageChunk | None) -> Usage | None:
    """The counts, None where the server says nothing."""
    if chunk is None or not (chunk.prompt_tokens or chunk.completion_tokens):
        return None
    cached = chunk.prompt_tokens_details.cached_tokens if chunk.prompt_tokens_details else None
    return Usage(_count(chunk.prompt_tokens), _count(chunk.completion_tokens or 0), None if cached is None else _count(cached))


def _count(number: int) -> int:
    return min(max(number, 0), _MOST_TOKENS)


class EventReader:
    """Puts the ``data`` of events together from bytes however they are cut; comments (keep-alive) and empty events are dropped.

    A gateway may leave the blank line between two events out: an object that begins on a line of its own is an event of its own.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._error = False
        self._after_cr = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The events that ``data`` completes. Raises ServerFailed for a line or an event without end."""
        if self._after_cr or b"\r" in data:
            data = self._with_newlines(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) + self._size > LINE_LIMIT:
            raise ServerFailed(_("it sent something that is not part of a reply"), hint=_("check that the address is vLLM's"))
        for line in lines:
            yield from self._line(line)

    def finish(self) -> Iterator[bytes]:
        """The event that the end of the stream completes."""
        yield from self._line(self._rest)
        yield from self._line(b"")

    def _with_newlines(self, data: bytes) -> bytes:
        """``data`` with every end of a line, CR LF or CR alone, as LF; a CR LF may be cut in two."""
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _line(self, line: bytes) -> Iterator[bytes]:
        if not line:
            if self._data and (event := self._event()):
                yield event
            self._error = False
            return
        if not line.startswith(b"data:"):
            line = line.lstrip(_NO_TEXT)
        if line.startswith(b"data:"):
            data = line[6:] if line.startswith(b"data: ") else line[5:]
            if self._data and self._data[-1].endswith(b"}") and (data.startswith(b"{") or data == DONE):
                yield self._event()
            self._data.append(data)
            self._size += len(line)
        elif line.startswith(b"event:"):
            self._error = line[6:].strip() == b"error"

    def _event(self) -> bytes:
        """The event whose lines are here, empty when it says nothing; one that is named an error becomes one by its words too."""
        data = b"\n".join(self._data) if len(self._data) > 1 else self._data[0]
        self._data, self._size = [], 0
        if self._error and data not in {b"", DONE} and not data.startswith(b"{"):
            data = msgspec.json.encode({"error": {"message": data.decode(errors="replace")}})
        return b"" if data.isspace() else data


def is_events(body: bytes) -> bool:
    """Whether ``body`` is a stream of events, whatever its type says."""
    return body.lstrip(_BEFORE_EVENTS).startswith(_EVENT_STARTS)


def as_event(body: bytes) -> bytes:
    """A whole answer as the one event of a stream."""
    return b"".join(b"data: " + line + b"\n" for line in body.removeprefix(_BOM).splitlines()) + b"\ndata: " + DONE + b"\n\n"
