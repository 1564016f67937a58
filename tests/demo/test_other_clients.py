"""What other clients of vLLM ask the demo server: it answers as vLLM does, or names what it does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from minicpm_tui.demo.testing import DemoServer, serving

HELLO: list[Any] = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def client(server: DemoServer) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


def test_several_choices_are_there_and_counted(server: DemoServer, client: openai.OpenAI) -> None:
    one = client.chat.completions.create(model=server.model, messages=HELLO)
    three = client.chat.completions.create(model=server.model, messages=HELLO, n=3)
    assert [choice.index for choice in three.choices] == [0, 1, 2]
    assert {choice.message.content for choice in three.choices} == {one.choices[0].message.content}
    assert one.usage is not None
    assert three.usage is not None
    assert three.usage.completion_tokens == 3 * one.usage.completion_tokens


@pytest.mark.parametrize(
    ("wish", "name"),
    [({"n": 0}, "n must be at least 1"), ({"n": 2, "stream": True}, "(n)"), ({"logprobs": True, "top_logprobs": 2}, "logprobs")],
)
def test_what_it_does_not_have_is_refused_by_name(server: DemoServer, client: openai.OpenAI, wish: Any, name: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=server.model, messages=HELLO, **wish)
    assert name in str(refused.value)


def test_a_text_is_continued_whole_and_streamed(server: DemoServer, client: openai.OpenAI) -> None:
    whole = client.completions.create(model=server.model, prompt="once upon a time", max_tokens=40)
    assert whole.object == "text_completion"
    assert whole.choices[0].finish_reason == "length"
    assert whole.usage is not None
    assert whole.usage.completion_tokens == 40
    usage: Any = {"include_usage": True}
    chunks = list(
        client.completions.create(
            model=server.model, prompt=["once upon a time"], max_tokens=40, stream=True, stream_options=usage
        )
    )
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == whole.choices[0].text
    assert chunks[-2].choices[0].finish_reason == "length"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 40
    short = client.completions.create(model=server.model, prompt="x")
    assert short.usage is not None
    assert short.usage.completion_tokens == 16


@pytest.mark.parametrize(
    ("wish", "name"),
    [({"prompt": [1, 2, 3]}, "prompt"), ({"prompt": "x", "echo": True}, "echo"), ({"prompt": "x", "logprobs": 1}, "logprobs")],
)
def test_what_a_completion_cannot_have_is_named(server: DemoServer, client: openai.OpenAI, wish: Any, name: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.completions.create(model=server.model, **wish)
    assert name in str(refused.value)
