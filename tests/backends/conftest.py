"""Backends that talk with a demo server or with a transport that answers what a test wants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
import pytest

from minicpm_tui.backends.facts import ModelFacts, ServerFacts
from minicpm_tui.backends.openai import OpenAIBackend
from minicpm_tui.backends.probe import probe
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.messages import (
    Blob,
    Delta,
    End,
    ImagePart,
    MemoryBlobs,
    Message,
    Notice,
    Part,
    ReplyEvent,
    RequestOptions,
    RequestProfile,
    TextPart,
)
from minicpm_tui.messages.request import ChatRequest, build_request

Opener = Callable[..., AbstractAsyncContextManager[OpenAIBackend]]
Answer = Callable[[httpx2.Request], httpx2.Response]

VLLM = ServerFacts("http://gpu:8000", version="0.32.0", is_vllm=True, models=(ModelFacts("m"),), started="1")


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with serving(DemoOptions(model="m", tokens_per_second=0, reply="one two three four five")) as running:
        yield running


@pytest.fixture
def connected() -> Opener:
    """``async with connected(server) as backend``: as the program connects, with a short stall limit where one is given."""

    @asynccontextmanager
    async def open_backend(server: DemoServer, **options: Any) -> AsyncIterator[OpenAIBackend]:
        backend = OpenAIBackend(await probe(server.url, server.key), server.model, server.key, **options)
        try:
            yield backend
        finally:
            await backend.aclose()

    return open_backend


@pytest.fixture
def answering() -> Opener:
    """The same with a function in the place of the network."""

    @asynccontextmanager
    async def open_backend(answer: Answer, facts: ServerFacts = VLLM, **options: Any) -> AsyncIterator[OpenAIBackend]:
        backend = OpenAIBackend(facts, "m", transport=httpx2.MockTransport(answer), **options)
        try:
            yield backend
        finally:
            await backend.aclose()

    return open_backend


def question(*parts: Part | str, **profile: Any) -> ChatRequest:
    content = tuple(TextPart(part) if isinstance(part, str) else part for part in parts)
    message = Message("q", None, "user", content, "2026-01-01T00:00:00Z")
    return build_request((message,), RequestProfile(**profile), RequestOptions(model="m"))


def picture_of(data: bytes, blobs: MemoryBlobs, media_type: str = "image/png") -> ImagePart:
    blob = Blob(data, media_type)
    blobs.add({blob.sha256: blob})
    return ImagePart("a.png", blob.sha256, media_type=media_type)


async def reply(backend: OpenAIBackend, request: ChatRequest, blobs: MemoryBlobs | None = None) -> list[ReplyEvent]:
    return [event async for event in backend.stream(request, blobs or MemoryBlobs())]


def text_of(events: Sequence[ReplyEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def notices_of(events: Sequence[ReplyEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


def end_of(events: Sequence[ReplyEvent]) -> End:
    assert isinstance(events[-1], End)
    assert sum(isinstance(event, End) for event in events) == 1
    return events[-1]


def error_of(events: Sequence[ReplyEvent]) -> str:
    error = end_of(events).error
    assert error is not None
    return f"{error.kind}: {error.line()}"
