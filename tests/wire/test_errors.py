"""Requests that are refused for another reason than their media: status, type, parameter and words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wire.support import CHAT, Target


def error_of(target: Target, *content: Any, status: int = 400, **fields: Any) -> dict[str, Any]:
    """The error that a request gets."""
    answer = target.post(*content, **fields)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert isinstance(error, dict)
    assert set(error) == {"message", "type", "param", "code"}
    return error


def test_a_model_that_is_not_served(target: Target) -> None:
    error = error_of(target, "hi", model="nope", status=404)
    shown = {target.model + ".", "<path>"}  # vLLM hides a path in some folders
    assert error["message"].removeprefix("The model `nope` does not exist. Valid aliases: ") in shown
    assert (error["type"], error["param"], error["code"]) == ("NotFoundError", "model", 404)


def test_a_text_with_more_characters_than_could_fit(target: Target) -> None:
    error = error_of(target, "hello world " * 3000)
    assert error["param"] == "input_text"
    assert error["message"] == (
        "This model's maximum context length is 2048 tokens. However, your prompt contains 36108 characters (more than 26624 "
        "characters, which is the upper bound for 2048 input tokens). Please reduce the length of the input prompt. "
        "(parameter=input_text, value=36108)"
    )


def test_a_text_with_more_tokens_than_fit(target: Target) -> None:
    error = error_of(target, "a b " * 2100)
    assert error["param"] == "input_tokens"
    assert error["message"].startswith(
        "This model's maximum context length is 2048 tokens. However, your prompt contains at least 2049 input tokens"
    )


def test_more_tokens_wanted_than_the_context_has(target: Target) -> None:
    error = error_of(target, "hi", max_tokens=5000)
    assert error["message"] == (
        "max_tokens=5000 cannot be greater than max_model_len=2048. Please request fewer output tokens. "
        "(parameter=max_tokens, value=5000)"
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("top_k", -2, "top_k must be 0 (disable), or at least 1, got -2."),
        ("min_p", 1.5, "min_p must be in [0, 1], got 1.5."),
        ("repetition_penalty", 0, "repetition_penalty must be greater than zero, got 0.0."),
    ],
)
def test_sampling_out_of_range(target: Target, field: str, value: float, message: str) -> None:
    sampling: dict[str, Any] = {field: value}
    assert error_of(target, "hi", **sampling)["message"] == message


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("seed", 2**63, "Input should be less than or equal to 9223372036854775807"),
        ("seed", -(2**63) - 1, "Input should be greater than or equal to -9223372036854775808"),
        ("seed", 1.5, "Input should be a valid integer, got a number with a fractional part"),
        ("top_k", "many", "Input should be a valid integer, unable to parse string as an integer"),
    ],
)
def test_sampling_of_another_type(target: Target, field: str, value: object, words: str) -> None:
    sampling: dict[str, Any] = {field: value}
    error = error_of(target, "hi", **sampling)
    assert words in error["message"]
    assert error["param"] == f"body.{field}"


def test_sampling_at_the_edges_of_its_ranges(target: Target) -> None:
    for fields in ({"top_k": -1, "min_p": 0, "seed": -(2**63)}, {"top_k": 0, "min_p": 1, "repetition_penalty": 0.01}):
        assert target.post("hi", max_tokens=1, stop_token_ids=[], **fields).status_code == 200


def test_more_tokens_wanted_than_are_left_is_no_error(target: Target) -> None:
    assert target.post("hello " * 100, max_tokens=2048, stop_token_ids=list(range(380))).status_code == 200


@pytest.mark.parametrize("ids", [[151645, 151643], [-1], [384]])
def test_stop_ids_outside_the_vocabulary(target: Target, ids: list[int]) -> None:
    error = error_of(target, "hi", stop_token_ids=ids)
    assert error["param"] == "stop_token_ids"
    assert error["message"] == (
        f"token_id(s) {ids} in stop_token_ids contain out-of-vocab token ids. Vocabulary size: 384 "
        f"(parameter=stop_token_ids, value={ids})"
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"temperature": -1}, "temperature must be non-negative, got -1.0. (parameter=temperature, value=-1.0)"),
        ({"top_p": 2}, "top_p must be in (0, 1], got 2.0. (parameter=top_p, value=2.0)"),
        ({"top_p": 0}, "top_p must be in (0, 1], got 0.0. (parameter=top_p, value=0.0)"),
        ({"max_tokens": 0}, "max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)"),
        (
            {"stream_options": {"include_usage": True}},
            "Stream options can only be defined when `stream=True`. (parameter=stream_options)",
        ),
        ({"messages": []}, "Cannot apply chat template to an empty conversation. Provide at least one message."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_values_that_cannot_be(target: Target, fields: dict[str, Any], message: str) -> None:
    error = error_of(target, "hi", **fields)
    assert (error["message"], error["type"]) == (message, "BadRequestError")


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"messages": "hi"}, "body.messages"),
        ({"temperature": "hot"}, "body.temperature"),
        ({"max_tokens": "many"}, "body.max_tokens"),
        ({"stream": "maybe"}, "body.stream"),
        ({"stop_token_ids": ["a"]}, "body.stop_token_ids.0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_values_of_the_wrong_type(target: Target, fields: dict[str, Any], where: str) -> None:
    error = error_of(target, "hi", **fields)
    assert (error["type"], error["param"]) == ("Bad Request", where)
    assert error["message"].startswith("1 validation error:\n  {'type': '")


@pytest.mark.parametrize(
    ("raw", "where", "words"),
    [
        (b"", "body", "Field required"),
        (b"[]", "body", "Input should be a valid dictionary or object to extract fields from"),
        (b"hello", "body.0", "Expecting value"),
        (b'{"a":1', "body.6", "Expecting ',' delimiter"),
    ],
    ids=["empty", "list", "text", "cut-off"],
)
def test_bodies_that_are_no_json_object(target: Target, raw: bytes, where: str, words: str) -> None:
    answer = target.http.post(CHAT, content=raw, headers={"content-type": "application/json"})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, where)
    assert words in error["message"]


def test_a_body_of_another_type(target: Target) -> None:
    answer = target.http.post(CHAT, content=b"{}", headers={"content-type": "text/plain"})
    assert answer.status_code == 400
    assert (
        answer.json()["error"]["message"] == "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed"
    )


@pytest.mark.parametrize("part", [{"type": "foo", "foo": 1}, {"type": "text"}, {"text": "a"}, "hello"], ids=str)
def test_content_parts_that_nobody_knows(target: Target, part: object) -> None:
    error = error_of(target, "", messages=[{"role": "user", "content": [part]}])
    assert "for ValidatorIterator\n0.ChatCompletionContentPartTextParam" in error["message"]
