"""Replies, streamed and whole: what any server that we talk to must do."""

from __future__ import annotations

import json

from tests.waiting import wait_for
from tests.wire.support import CHAT, Target


def test_a_whole_reply_has_its_text_its_reason_and_consistent_usage(target: Target) -> None:
    body = target.post("hello").json()
    (choice,) = body["choices"]
    usage = body["usage"]
    assert (choice["message"]["role"], choice["finish_reason"]) == ("assistant", "length")
    assert isinstance(choice["message"]["content"], str)
    assert choice["message"]["reasoning"] is None
    assert usage["completion_tokens"] == 4
    assert usage["total_tokens"] == usage["prompt_tokens"] + 4
    assert body["model"] == target.model


def test_a_stream_begins_with_the_role_and_ends_with_the_reason_the_usage_and_done(target: Target) -> None:
    events = target.events("hello", stream_options={"include_usage": True})
    first, *pieces, last, usage = [json.loads(event) for event in events[:-1]]
    assert events[-1] == "[DONE]"
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert all(piece["choices"][0]["finish_reason"] is None for piece in pieces)
    assert last["choices"][0]["finish_reason"] == "length"
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == 4
    assert len({chunk["id"] for chunk in (first, *pieces, last, usage)}) == 1


def test_a_stream_is_sent_as_server_sent_events(target: Target) -> None:
    answer = target.post("hello", stream=True)
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.text.endswith("data: [DONE]\n\n")


def test_usage_comes_only_when_it_is_asked_for(target: Target) -> None:
    assert all("usage" not in chunk for chunk in target.chunks("hello"))


def test_usage_comes_with_every_chunk_when_that_is_asked_for(target: Target) -> None:
    wish = {"include_usage": True, "continuous_usage_stats": True}
    made = [chunk["usage"]["completion_tokens"] for chunk in target.chunks("hello", stream_options=wish)]
    assert made[0] == 0
    assert made == sorted(made)
    assert made[-1] == 4


def test_a_streamed_and_a_whole_reply_count_the_same_prompt(target: Target) -> None:
    streamed = target.chunks("What is there?", stream_options={"include_usage": True})[-1]["usage"]
    assert streamed["prompt_tokens"] == target.prompt_tokens("What is there?")


def test_a_longer_history_takes_more_tokens(target: Target) -> None:
    said = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day."}]
    history = [*said, {"role": "user", "content": "And now?"}]
    assert target.prompt_tokens("", messages=history) > target.prompt_tokens("", messages=history[-1:])


def test_a_field_that_nobody_knows_is_ignored(target: Target) -> None:
    assert target.post("hello", no_such_field=1).status_code == 200


def test_the_model_may_be_left_out(target: Target) -> None:
    body = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 2}
    assert target.http.post(CHAT, json=body).json()["model"] == target.model


def test_a_client_that_goes_away_frees_the_server(target: Target) -> None:
    said = [{"role": "user", "content": "Write 1900 words"}]
    body = {"messages": said, "stream": True, "max_tokens": 1900, "ignore_eos": True, "temperature": 1.0}
    made = target.metric("vllm:generation_tokens_total")
    with target.http.stream("POST", CHAT, json=body) as answer:
        lines = answer.iter_lines()
        while "content" not in next(lines):
            continue
    # How many run is told with the tokens of the same step: once some are counted, none running means that it has ended.
    wait_for(lambda: target.metric("vllm:generation_tokens_total") > made and target.metric("vllm:num_requests_running") == 0)
    assert target.metric("vllm:generation_tokens_total") < made + 1900
