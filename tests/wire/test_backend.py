"""Our own backend against the same servers: what it makes of replies and refusals."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from minicpm_tui.backends.openai import OpenAIBackend
from minicpm_tui.backends.probe import probe
from minicpm_tui.families import recognise, request_profile
from minicpm_tui.messages import (
    Blob,
    Delta,
    End,
    Frame,
    ImagePart,
    MemoryBlobs,
    Message,
    Notice,
    Part,
    ReplyEvent,
    RequestOptions,
    RequestProfile,
    TextPart,
    VideoPart,
)
from minicpm_tui.messages.request import build_request
from tests.waiting import wait_for
from tests.wire.support import Target, encoded


class Chat:
    """A backend that is connected to the target, and the bytes that its messages need."""

    def __init__(self, backend: OpenAIBackend, target: Target) -> None:
        self.backend = backend
        self.target = target
        self.blobs = MemoryBlobs()

    def keep(self, width: int, height: int, form: str = "PNG") -> str:
        """The digest of a new picture, unlike all before it."""
        colour = f"#{secrets.token_hex(3)}"
        blob = Blob(base64.b64decode(encoded(width, height, colour, form)), f"image/{form.lower()}")
        self.blobs.add({blob.sha256: blob})
        return blob.sha256

    def stream(self, *parts: Part, profile: RequestProfile | None = None, **options: Any) -> AsyncGenerator[ReplyEvent, None]:
        """The reply to one message."""
        message = Message("q", None, "user", parts, "2026-01-01T00:00:00Z")
        defaults: dict[str, Any] = {"model": self.target.model, "max_tokens": 4, "temperature": 0.0}
        wishes = RequestOptions(**defaults | options)
        return self.backend.stream(build_request((message,), profile or RequestProfile(), wishes), self.blobs)

    async def end(self, *parts: Part, **options: Any) -> tuple[End, list[str]]:
        """How it ended, and what the user was told meanwhile."""
        events = [event async for event in self.stream(*parts, **options)]
        assert isinstance(events[-1], End)
        return events[-1], [event.text for event in events if isinstance(event, Notice)]

    async def kind(self, *parts: Part, **options: Any) -> str:
        """The kind of error that the reply ended with."""
        end, _notices = await self.end(*parts, **options)
        assert end.error is not None
        return end.error.kind


@pytest.fixture
async def chat(target: Target) -> AsyncIterator[Chat]:
    backend = OpenAIBackend(await probe(target.url, target.key), target.model, target.key)
    yield Chat(backend, target)
    await backend.aclose()


HELLO = TextPart("Hello, what is there?")


async def test_the_server_is_recognised(target: Target) -> None:
    facts = await probe(target.url, target.key)
    model = facts.model(target.model)
    assert (facts.is_vllm, facts.version) == (True, "0.32.0")
    assert model is not None
    assert model.max_model_len == 2048


async def test_a_reply_arrives_with_usage_and_reason(chat: Chat) -> None:
    end, _notices = await chat.end(HELLO)
    assert (end.error, end.finish_reason) == (None, "length")
    assert end.usage is not None
    assert end.usage.completion_tokens == 4
    assert end.first_token_seconds is not None


async def test_a_picture_is_sent_once_and_named_afterwards(chat: Chat) -> None:
    picture = ImagePart("a.png", chat.keep(640, 480), 640, 480, "image/png")
    first, _notices = await chat.end(picture, HELLO)
    again, notices = await chat.end(picture, HELLO)
    assert (first.error, again.error, notices) == (None, None, [])
    assert again.usage is not None
    assert first.usage is not None
    assert again.usage.prompt_tokens == first.usage.prompt_tokens
    assert chat.backend.memory.bare([("image", picture.uuid or "")]) == {picture.uuid}


async def test_a_picture_that_the_server_forgot_is_sent_again(chat: Chat) -> None:
    picture = ImagePart("a.png", chat.keep(64, 48), 64, 48, "image/png")
    chat.backend.memory.acknowledge({picture.uuid or ""}, bare=False)
    end, _notices = await chat.end(picture, HELLO)
    assert end.error is None


async def test_a_video_is_sent_once_too(chat: Chat) -> None:
    frames = tuple(Frame(chat.keep(64, 48, "JPEG"), float(second)) for second in range(3))
    video = VideoPart("a.mp4", frames, width=64, height=48)
    first, _notices = await chat.end(video, HELLO)
    again, _more = await chat.end(video, HELLO)
    assert (first.error, again.error) == (None, None)


async def test_stop_ids_that_the_model_does_not_have_are_left_out(chat: Chat) -> None:
    profile = request_profile(recognise("openbmb/MiniCPM-V-2_6"))
    end, _notices = await chat.end(HELLO, profile=profile)
    assert end.error is None
    assert chat.backend.memory.no_stop_ids


async def test_refusals_become_errors_of_their_kind(chat: Chat) -> None:
    small = ImagePart("a.png", chat.keep(20, 20), 20, 20, "image/png")
    assert await chat.kind(*[small] * 6, HELLO) == "too_many_media"
    assert await chat.kind(TextPart("hello world " * 3000)) == "context_exceeded"
    assert await chat.kind(TextPart("a b " * 2100)) == "context_exceeded"
    large = [ImagePart("b.png", chat.keep(1600, 1200), 1600, 1200, "image/png") for _copy in range(4)]
    assert await chat.kind(*large, HELLO) == "context_exceeded"
    assert await chat.kind(HELLO, model="nope") == "model_not_found"
    assert await chat.kind(HELLO, max_tokens=5000) in {"context_exceeded", "rejected"}


async def test_a_damaged_picture_is_a_refusal(chat: Chat) -> None:
    blob = Blob(b"not a picture", "image/png")
    chat.blobs.add({blob.sha256: blob})
    assert await chat.kind(ImagePart("c.png", blob.sha256), HELLO) == "rejected"


async def test_a_wrong_key_is_told(target: Target) -> None:
    facts = await probe(target.url, target.key)
    backend = OpenAIBackend(facts, target.model, "wrong")
    chat = Chat(backend, target)
    assert await chat.kind(HELLO) == "authentication"
    await backend.aclose()


async def test_closing_the_stream_frees_the_server(chat: Chat) -> None:
    async with aclosing(chat.stream(TextPart("Write 1900 words"), max_tokens=1900, temperature=1.0)) as events:
        async for event in events:
            if isinstance(event, Delta):
                break
    wait_for(lambda: chat.target.metric("vllm:num_requests_running") == 0)
