"""Asks a server for one reply, as often as it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import httpx2

from minicpm_tui.backends.facts import ServerFacts
from minicpm_tui.backends.failures import Failure, failure_of, not_a_reply
from minicpm_tui.backends.memory import MediaMemory
from minicpm_tui.backends.network import network_error, was_refused
from minicpm_tui.backends.odd_chunks import read_chunk
from minicpm_tui.backends.posting import Poster
from minicpm_tui.backends.probe import started_at
from minicpm_tui.backends.reply import ReplyReader
from minicpm_tui.backends.retry import Attempts
from minicpm_tui.backends.sse import as_event, is_events
from minicpm_tui.errors import BackendError, MinicpmTuiError
from minicpm_tui.messages import BlobReader, Notice, ReplyEvent
from minicpm_tui.messages.request import ChatRequest

_SNIFFED = 256
"""Bytes at the beginning of an answer that tell whether it is a stream of events."""


class Exchange:
    """A request to the server that ``facts`` describes, with ``key``, and its reply.

    ``connect`` returns what posts, ``save`` has the media ``memory`` written; ``transport`` replaces the network in tests.
    """

    def __init__(
        self,
        facts: ServerFacts,
        key: str,
        memory: MediaMemory,
        connect: Callable[[], Awaitable[Poster]],
        save: Callable[[], None],
        transport: httpx2.AsyncBaseTransport | None,
    ) -> None:
        self._facts = facts
        self._key = key
        self._memory = memory
        self._connect = connect
        self._save = save
        self._transport = transport
        self._active = time.monotonic()

    async def stream(self, request: ChatRequest, blobs: BlobReader) -> AsyncGenerator[ReplyEvent, None]:
        """See ``Backend.stream``."""
        reader = ReplyReader(time.monotonic(), thinking=_asks_for_thinking(request))
        try:
            poster = await self._connect()
            began = time.monotonic()
            reader = ReplyReader(began, thinking=_asks_for_thinking(request))
            attempts = Attempts(request, self._memory, uuids=self._facts.takes_uuids)
            while True:
                try:
                    async with aclosing(self._attempt(poster, attempts, reader, blobs)) as events:
                        async for event in events:
                            yield event
                except _Refused as refused:
                    again = attempts.again(refused.failure, nothing_sent=refused.nothing_sent)
                    if again is None:
                        self._save()
                        raise refused.failure.error from refused
                    if again.restarted:
                        self._memory.server_started(await started_at(self._facts.url, self._key, transport=self._transport))
                    self._save()
                    if again.notice:
                        yield Notice(again.notice)
                    await asyncio.sleep(again.wait)
                    reader = ReplyReader(began, thinking=_asks_for_thinking(request))
                else:
                    return
        except MinicpmTuiError as error:
            yield reader.end(error)

    async def _attempt(
        self, poster: Poster, attempts: Attempts, reader: ReplyReader, blobs: BlobReader
    ) -> AsyncGenerator[ReplyEvent, None]:
        """One request. Raises _Refused while nothing of the reply has arrived; later errors are in the ``End``."""
        response = await self._send(poster, attempts, blobs)
        try:
            async with aclosing(self._stream_of(response)) as pieces:
                async for data in pieces:
                    self._active = time.monotonic()
                    for event in reader.feed(data):
                        self._note_answer(attempts, reader)
                        yield event
                    self._note_answer(attempts, reader)
                    if reader.done:
                        break
            for last in reader.finish():
                yield last
            if reader.refusal is not None:
                raise _Refused(self._failure(*reader.refusal))
        except httpx2.HTTPError as error:
            if not reader.complete:
                failure = Failure(self._network_error(error))
                if not reader.answering:
                    raise _Refused(failure) from error
                for event in reader.held():
                    yield event
                raise failure.error from error
        finally:
            await response.aclose()
        yield reader.end()

    def _note_answer(self, attempts: Attempts, reader: ReplyReader) -> None:
        """Remember, with the first token, what the server has now."""
        if reader.answering and not attempts.done:
            attempts.answered()
            self._save()

    async def _stream_of(self, response: httpx2.Response) -> AsyncGenerator[bytes, None]:
        """The body as server-sent events. Raises _Refused when it is no reply at all."""
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        events, held = kind in {"text/event-stream", ""}, bytearray()
        try:
            async for data in response.aiter_bytes():
                if events:
                    yield data
                    continue
                held += data
                if events := is_events(bytes(held[:_SNIFFED])):  # to which a gateway gave another type
                    yield bytes(held)
        except httpx2.HTTPError:
            if events or read_chunk(bytes(held)) is None:
                raise  # else the line broke behind the whole answer
        if events:
            return
        body = bytes(held)
        if (chunk := read_chunk(body)) is not None and (chunk.choices or chunk.failed):
            yield as_event(body)
        else:
            raise _Refused(Failure(not_a_reply(self._facts.url, kind)))

    async def _send(self, poster: Poster, attempts: Attempts, blobs: BlobReader) -> httpx2.Response:
        """Send the next attempt; nothing more goes over the connection of a doubtful one."""

        def progress(count: int) -> None:
            self._active = time.monotonic()
            attempts.sent += count

        payload = attempts.payload()
        closing = {"Connection": "close"} if attempts.doubtful else {}
        progress(0 if payload.blobs else len(payload.texts[0]))
        content = payload.stream(blobs, progress) if payload.blobs else payload.texts[0]
        try:
            response = await poster.post(content, {"Content-Type": "application/json", **closing})
            if response.is_success:
                return response
            try:
                body = await response.aread()
            finally:
                await response.aclose()
        except httpx2.HTTPError as error:
            raise _Refused(Failure(self._network_error(error)), nothing_sent=was_refused(error)) from error
        raise _Refused(self._failure(response.status_code, body, response.headers.get("location", "")))

    def _failure(self, status: int, body: bytes, location: str = "") -> Failure:
        return failure_of(status, body, url=self._facts.url, key_sent=bool(self._key), location=location)

    def _network_error(self, error: BaseException) -> BackendError:
        return network_error(error, self._facts.url, time.monotonic() - self._active, known=True)


class _Refused(Exception):
    """No reply; ``nothing_sent`` when not even a connection came about."""

    def __init__(self, failure: Failure, *, nothing_sent: bool = False) -> None:
        super().__init__(str(failure.error))
        self.failure = failure
        self.nothing_sent = nothing_sent


def _asks_for_thinking(request: ChatRequest) -> bool:
    return bool(request.body.get("chat_template_kwargs", {}).get("enable_thinking"))
