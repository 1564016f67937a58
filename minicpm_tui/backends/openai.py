"""Replies from an OpenAI-compatible server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.backends.facts import ServerFacts
from minicpm_tui.backends.memory import MediaMemory
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.messages import BlobReader, ReplyEvent
from minicpm_tui.messages.request import ChatRequest

if TYPE_CHECKING:
    import httpx2

    from minicpm_tui.backends.posting import Poster

FIRST_TOKEN_STALLS = 3.0
"""Until the first token a server may be silent so many times longer: it waits its turn and reads the prompt."""
SAVE_SECONDS = 1.0
"""Between two writings of the media memory."""


class OpenAIBackend:
    """Streams replies from the server that ``facts`` describes; what asks it is imported with the first request.

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
        self._saving: asyncio.Task[None] | None = None

    def stream(self, request: ChatRequest, blobs: BlobReader) -> AsyncGenerator[ReplyEvent, None]:
        """See ``Backend.stream``."""
        from minicpm_tui.backends.exchange import Exchange

        exchange = Exchange(self._facts, self._key, self.memory, self._connected, self._save, self._transport)
        return exchange.stream(request, blobs)

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
        from minicpm_tui.backends.client import load_client
        from minicpm_tui.backends.posting import load_sdk

        load_client()
        import_module("minicpm_tui.backends.exchange")
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

    def _save(self) -> None:
        """Write the media memory soon, without keeping the stream waiting; a batch of thousands writes it now and then."""
        if self.memory.changed and self._saving is None:
            self._saving = asyncio.create_task(self._save_soon())

    async def _save_soon(self) -> None:
        while self.memory.changed:
            await asyncio.to_thread(self.memory.save)
            await asyncio.sleep(SAVE_SECONDS)
        self._saving = None
