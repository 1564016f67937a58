"""The endpoints beside the chat, and the key."""

from __future__ import annotations

import httpx2
import pytest

from tests.wire.support import CHAT, MAX_MODEL_LEN, Target, image, picture, text, user

METRICS = [
    "vllm:num_requests_running",
    "vllm:num_requests_waiting",
    "vllm:kv_cache_usage_perc",
    "vllm:prompt_tokens_total",
    "vllm:generation_tokens_total",
    "vllm:prefix_cache_queries_total",
    "vllm:prefix_cache_hits_total",
    "vllm:mm_cache_queries_total",
    "vllm:mm_cache_hits_total",
    "vllm:num_preemptions_total",
    "vllm:time_to_first_token_seconds_sum",
    "vllm:inter_token_latency_seconds_count",
    "vllm:e2e_request_latency_seconds_count",
    "vllm:request_queue_time_seconds_count",
    "vllm:request_prefill_time_seconds_count",
    "vllm:request_decode_time_seconds_count",
]


@pytest.mark.parametrize("path", ["/health", "/ping"])
def test_a_healthy_server_answers_with_nothing(target: Target, path: str) -> None:
    answer = target.http.get(path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_version_is_told(target: Target) -> None:
    assert target.http.get("/version").json() == {"version": "0.32.0"}


def test_the_model_is_listed_with_its_context(target: Target) -> None:
    listed = target.http.get("/v1/models").json()
    (model,) = listed["data"]
    assert (listed["object"], model["id"], model["max_model_len"], model["owned_by"]) == ("list", target.model, 2048, "vllm")


def test_the_load_is_told(target: Target) -> None:
    assert target.http.get("/load").json() == {"server_load": 0}


@pytest.mark.parametrize("name", METRICS)
def test_metrics_have_vllms_names(target: Target, name: str) -> None:
    assert target.metric(name) >= 0


def test_metrics_move_with_a_request(target: Target) -> None:
    names = ("vllm:prompt_tokens_total", "vllm:generation_tokens_total", "vllm:mm_cache_queries_total")
    before = [target.metric(name) for name in names]
    usage = target.post(image(picture(30, 30)), text("?")).json()["usage"]
    after = [target.metric(name) for name in names]
    grown = [new - old for old, new in zip(before, after, strict=True)]
    assert grown == [usage["prompt_tokens"], usage["completion_tokens"], 1]


def test_metrics_come_as_text(target: Target) -> None:
    assert target.http.get("/metrics").headers["content-type"].startswith("text/plain")


def test_tokenize_counts_a_text(target: Target) -> None:
    counted = target.http.post("/tokenize", json={"model": target.model, "prompt": "hello world"}).json()
    assert counted["count"] == len(counted["tokens"]) > 0
    assert counted["max_model_len"] == MAX_MODEL_LEN


def test_tokenize_counts_a_conversation_as_the_chat_does(target: Target) -> None:
    messages = [user(image(picture(320, 240)), words="hi")]
    counted = target.http.post("/tokenize", json={"messages": messages}).json()
    assert counted["count"] == target.prompt_tokens("", messages=messages)


def test_tokenize_needs_something_to_count(target: Target) -> None:
    answer = target.http.post("/tokenize", json={})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("2 validation errors:\n  {'type': 'missing', 'loc': 'body.prompt'")


@pytest.mark.parametrize("given", [None, "Bearer wrong", "token-abc123", "Basic token-abc123"])
@pytest.mark.parametrize("path", ["/v1/models", CHAT, "/v1/nothing"])
def test_without_the_key_everything_under_v1_is_closed(target: Target, path: str, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    answer = httpx2.get(target.url + path, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})


@pytest.mark.parametrize("path", ["/health", "/version", "/metrics", "/load", "/ping"])
def test_the_rest_is_open(target: Target, path: str) -> None:
    assert httpx2.get(target.url + path).status_code == 200


def test_paths_and_methods_that_are_not_there(target: Target) -> None:
    missing, wrong = target.http.get("/v1/nothing"), target.http.get(CHAT)
    assert (missing.status_code, missing.json()) == (404, {"detail": "Not Found"})
    assert (wrong.status_code, wrong.json(), wrong.headers["allow"]) == (405, {"detail": "Method Not Allowed"}, "POST")
