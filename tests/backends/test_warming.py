"""Getting ready before the first question."""

from __future__ import annotations

import asyncio

import pytest

from minicpm_tui.backends.openai import OpenAIBackend
from minicpm_tui.demo.testing import DemoServer
from tests.backends.conftest import VLLM, Opener, end_of, error_of, question, reply, text_of


async def test_a_question_may_come_while_the_backend_gets_ready(server: DemoServer, connected: Opener) -> None:
    async with connected(server) as backend:
        _none, events = await asyncio.gather(backend.warm(), reply(backend, question("count")))
        assert text_of(events) == "one two three four five"
        assert end_of(events).error is None
    assert len(server.chats) == 1


async def test_what_is_wrong_is_said_with_the_reply_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "ftp://proxy.example.org")
    monkeypatch.delenv("no_proxy", raising=False)
    backend = OpenAIBackend(VLLM, "m")
    await backend.warm()
    assert "proxy cannot be used" in error_of(await reply(backend, question("count")))
    await backend.aclose()
