"""Replies from an OpenAI-compatible server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.backends.facts import ServerFacts
from minicpm_tui.backends.failures import Failure, failure_of, not_a_reply
from minicpm_tui.backends.memory import MediaMemory
from minicpm_tui.backends.odd_chunks import read_chunk
from minicpm_tui.backends.probe import started_at
from minicpm_tui.backends.reply import ReplyReader
from minicpm_tui.backends.retry import Attempts
from minicpm_tui.backends.sse import as_event, is_events
from minicpm_tui.errors import BackendError, MinicpmTuiError
from minicpm_tui.messages import BlobReader, Notice, ReplyEvent
from minicpm_tui.messages.request import ChatRequest

if TYPE_CHECKING:
    import httpx2

    from minicpm_tui.backends.posting import Poster

FIRST_TOKEN_STALLS = 3.0
"""Until the first token a server may be silent so many times longer: it waits its turn and reads the prompt."""

_SNIFFED = 256
"""Bytes at the beginning of an answer that tell whether it is a stream of events."""
SAVE_SECONDS = 1.0
"""Between two writings of the media memory."""


class OpenAIBackend:
    """Streams replies from the server that ``facts`` describes.

    Args:
        model: the name in requests; part of what the media memory is kept for.
        key: the API key, empty for none.
        sdk: send with the openai library, which a program that asks once does without.
        stall_seconds: a server that sends nothing for so long is given up (three times as long before the first token).
        transport: replaces the network in tests.
        memory_folder: where the media memory lies, the cache folder unless given.
    """

    def __init__(
        self,
        facts: ServerFacts,
        model: str,
        key: str = "",
        *,
        sdk: bool = True,
        stall_seconds: float = 120.0,
        transport: httpx2.AsyncBaseTransport | None = None,
        memory_folder: Path | None = None,
    ) -> None:
        self._facts = facts
        self._key = key
        self._sdk = sdk
        self._stall_seconds = stall_seconds
        self._transport = transport
        self.memory = MediaMemory(facts, model, memory_folder)
        self._poster: Poster | None = None
        self._active = time.monotonic()
        self._saving: asyncio.Task[None] | None = None

    async def stream(self, request: ChatRequest, blobs: BlobReader) -> AsyncGenerator[ReplyEvent, None]:
        """See ``Backend.stream``."""
        reader = ReplyReader(time.monotonic(), thinking=_asks_for_thinking(request))
        try:
            poster = await self._connected()
            began = time.monotonic()
            reader = ReplyReader(began, thinking=_asks_for_thinking(request))
            attempts = Attempts(request, self.memory, uuids=self._facts.takes_uuids)
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
                        self.memory.server_started(await started_at(self._facts.url, self._key, transport=self._transport))
                    self._save()
                    if again.notice:
                        yield Notice(again.notice)
                    await asyncio.sleep(again.wait)
                    reader = ReplyReader(began, thinking=_asks_for_thinking(request))
                else:
                    return
        except MinicpmTuiError as error:
            yield reader.end(error)

    async def warm(self) -> None:
        """See ``Backend.warm``."""
        with suppress(MinicpmTuiError):
            await self._connected()

    async def aclose(self) -> None:
        """Close the connections and wait until the media memory is written."""
        if self._saving is not None:
            self._saving.cancel()
        if self.memory.changed:
            await asyncio.to_thread(self.memory.save)
        if self._poster is not None:
            await self._poster.aclose()
            self._poster = None

    async def _connected(self) -> Poster:
        if self._poster is None:
            await asyncio.to_thread(self._get_ready)
        if self._poster is None:  # another request may have come first
            self._poster = self._make_poster()
        return self._poster

    def _get_ready(self) -> None:
        """The slow part of the first request, in a thread so that the event loop does not wait for it."""
        from minicpm_tui.backends.posting import load_sdk

        if self._sdk:
            load_sdk()
        self.memory.load()

    def _make_poster(self) -> Poster:
        from minicpm_tui.backends.client import make_client
        from minicpm_tui.backends.posting import PlainPoster, SdkPoster

        client = make_client(
            self._facts.url,
            self._key,
            stall_seconds=self._stall_seconds,
            patience=FIRST_TOKEN_STALLS,
            transport=self._transport,
        )
        return (SdkPoster if self._sdk else PlainPoster)(client, self._facts.url)

    async def _attempt(
        self, poster: Poster, attempts: Attempts, reader: ReplyReader, blobs: BlobReader
    ) -> AsyncGenerator[ReplyEvent, None]:
        """One request. Raises _Refused while nothing of the reply has arrived; later errors are in the ``End``."""
        import httpx2

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
        import httpx2

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
        import httpx2

        from minicpm_tui.backends.network import was_refused

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
        from minicpm_tui.backends.network import network_error

        return network_error(error, self._facts.url, time.monotonic() - self._active, known=True)

    def _save(self) -> None:
        """Write the media memory soon, without keeping the stream waiting; a batch of thousands writes it now and then."""
        if self.memory.changed and self._saving is None:
            self._saving = asyncio.create_task(self._save_soon())

    async def _save_soon(self) -> None:
        while self.memory.changed:
            await asyncio.to_thread(self.memory.save)
            await asyncio.sleep(SAVE_SECONDS)
        self._saving = None


class _Refused(Exception):
    """No reply; ``nothing_sent`` when not even a connection came about."""

    def __init__(self, failure: Failure, *, nothing_sent: bool = False) -> None:
        super().__init__(str(failure.error))
        self.failure = failure
        self.nothing_sent = nothing_sent


def _asks_for_thinking(request: ChatRequest) -> bool:
    return bool(request.body.get("chat_template_kwargs", {}).get("enable_thinking"))
