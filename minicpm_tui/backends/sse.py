"""Server-sent events as vLLM writes them, decoded without building an object the program does not use.

Format: https://html.spec.whatwg.org/multipage/server-sent-events.html; chunks as the OpenAI API has them, with vLLM's
``reasoning`` and its ``error`` chunks inside a stream that began with 200.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from minicpm_tui.errors import ServerFailed
from minicpm_tui.i18n import _

DONE = b"[DONE]"
LINE_LIMIT = 8_000_000
"""Bytes; a chunk has some hundred."""


class DeltaChunk(msgspec.Struct, gc=False):
    """``reasoning_content`` is the older name of ``reasoning``, which some servers still use.

    ``refusal`` comes instead of content when the model declines.
    """

    role: str | None = None
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    refusal: str | None = None


class Choice(msgspec.Struct, gc=False):
    """``message`` stands there instead of ``delta`` when a server does not stream."""

    delta: DeltaChunk | None = None
    message: DeltaChunk | None = None
    finish_reason: str | None = None


class PromptDetails(msgspec.Struct, gc=False):
    """``cached_tokens``: those of the prompt whose KV entries the server still had (``--enable-prompt-tokens-details``)."""

    cached_tokens: int | None = None


class UsageChunk(msgspec.Struct, gc=False):
    """The tokens that the server counted; it comes with the last chunk (``stream_options.include_usage``)."""

    prompt_tokens: int = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: PromptDetails | None = None


class Chunk(msgspec.Struct, gc=False):
    """One ``data:`` line."""

    choices: list[Choice] = []
    usage: UsageChunk | None = None
    error: msgspec.Raw = msgspec.Raw()


decode_chunk = msgspec.json.Decoder(Chunk).decode
"""Raises ValueError for what is no chunk."""


class EventReader:
    """Puts the ``data`` of events together from bytes however they are cut; comments (keep-alive) are dropped."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The events that ``data`` completes. Raises ServerFailed for a line without end."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LINE_LIMIT:
            raise ServerFailed(_("it sent something that is not part of a reply"), hint=_("check that the address is vLLM's"))
        for line in lines:
            yield from self._line(line.rstrip(b"\r"))

    def finish(self) -> Iterator[bytes]:
        """The event that the end of the stream completes."""
        yield from self._line(self._rest.rstrip(b"\r"))
        yield from self._line(b"")

    def _line(self, line: bytes) -> Iterator[bytes]:
        if line.startswith(b"data:"):
            self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
        elif not line and self._data:
            yield b"\n".join(self._data)
            self._data = []


def is_whole_reply(body: bytes) -> bool:
    """True for the answer of a server that does not stream."""
    try:
        chunk = decode_chunk(body)
    except ValueError:
        return False
    return bool(chunk.choices) or bool(chunk.error)


def as_event(body: bytes) -> bytes:
    """A whole answer as the one event of a stream."""
    return b"".join(b"data: " + line + b"\n" for line in body.splitlines()) + b"\ndata: " + DONE + b"\n\n"
