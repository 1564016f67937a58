"""Takes a chat request's body apart as vLLM does, and says what is wrong with it in vLLM's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from minicpm_tui.demo import refusals
from minicpm_tui.demo.fields import CHAT_FIELDS, Kind, missing, shown, type_problems
from minicpm_tui.demo.partcheck import check_part

_MOST_CHOICES = 128
"""OpenAI's limit; vLLM's own is 16384."""


class ChatBody(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a chat request that the demo server heeds. ``max_tokens`` None: as many as fit; ``choices`` is ``n``."""

    model: str | None
    messages: list[dict[str, Any]]
    stream: bool = False
    include_usage: bool = False
    continuous_usage: bool = False
    max_tokens: int | None = None
    choices: int = 1
    stop_token_ids: tuple[int, ...] = ()
    thinking: bool = False
    schema: dict[str, Any] | None = None


def read_json(raw: bytes, content_type: str) -> dict[str, Any]:
    """The request's JSON object. Raises Refusal."""
    media_type = content_type.partition(";")[0].strip().lower()
    if raw and media_type != "application/json":
        text = "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed"
        raise refusals.Refusal(400, text, kind="Bad Request")
    if not raw:
        raise refusals.invalid([{"type": "missing", "loc": "body", "msg": "Field required", "input": "None"}])
    try:
        body = json.loads(raw)
    except UnicodeDecodeError:
        raise refusals.Refusal(400, "There was an error parsing the body", kind="Bad Request") from None
    except json.JSONDecodeError as error:
        problem = {"type": "json_invalid", "loc": f"body.{error.pos}", "msg": "JSON decode error", "input": "<dict of 0 items>"}
        raise refusals.invalid([{**problem, "ctx": {"error": error.msg}}]) from None
    if not isinstance(body, dict):
        text = "Input should be a valid dictionary or object to extract fields from"
        raise refusals.invalid([{"type": "model_attributes_type", "loc": "body", "msg": text, "input": shown(body)}])
    return body


def read_chat(body: dict[str, Any]) -> ChatBody:
    """The body's fields, checked. Raises Refusal."""
    check_fields(body, CHAT_FIELDS, "messages")
    check_sampling(body)
    refuse_unknown(body, "top_logprobs", "prompt_logprobs")
    for name in ("mm_processor_kwargs", "media_io_kwargs"):
        if body.get(name):
            raise refusals.kwargs_disabled(name)
    stream_options = body.get("stream_options") or {}
    if stream_options and not is_true(body.get("stream")):
        raise refusals.bad("Stream options can only be defined when `stream=True`.", "stream_options")
    check_messages(body["messages"])
    wanted = _wanted(body)
    return ChatBody(
        model=body.get("model"),
        messages=body["messages"],
        stream=is_true(body.get("stream")),
        include_usage=bool(stream_options.get("include_usage")),
        continuous_usage=bool(stream_options.get("continuous_usage_stats")),
        max_tokens=None if wanted is None else int(wanted),
        choices=int(body.get("n") or 1),
        stop_token_ids=tuple(int(token) for token in body.get("stop_token_ids") or ()),
        thinking=is_true((body.get("chat_template_kwargs") or {}).get("enable_thinking")),
        schema=_schema(body),
    )


def check_fields(body: dict[str, Any], fields: Mapping[str, Kind], needed: str) -> None:
    """Raises Refusal unless ``body`` has the field ``needed``, and all of its ``fields`` are of their kind."""
    problems = type_problems(body, fields)
    if body.get(needed) is None:
        problems.insert(0, missing(needed, body))
    if problems:
        raise refusals.invalid(problems)


def check_sampling(body: dict[str, Any]) -> None:
    """Sampling, in the order and the words of vLLM, which names the parameter once more for some of them only. Raises Refusal."""
    temperature, top_p, wanted = body.get("temperature"), body.get("top_p"), _wanted(body)
    penalty, top_k, min_p = body.get("repetition_penalty"), body.get("top_k"), body.get("min_p")
    if penalty is not None and float(penalty) <= 0:
        raise refusals.bad(f"repetition_penalty must be greater than zero, got {float(penalty)}.")
    if temperature is not None and float(temperature) < 0:
        value = float(temperature)
        raise refusals.bad(f"temperature must be non-negative, got {value}.", "temperature", value)
    if top_p is not None and not 0 < float(top_p) <= 1:
        raise refusals.bad(f"top_p must be in (0, 1], got {float(top_p)}.", "top_p", float(top_p))
    if top_k is not None and int(top_k) < -1:
        raise refusals.bad(f"top_k must be 0 (disable), or at least 1, got {int(top_k)}.")
    if min_p is not None and not 0 <= float(min_p) <= 1:
        raise refusals.bad(f"min_p must be in [0, 1], got {float(min_p)}.")
    if wanted is not None and int(wanted) < 1:
        raise refusals.bad(f"max_tokens must be at least 1, got {int(wanted)}.", "max_tokens", int(wanted))


def refuse_unknown(body: dict[str, Any], *names: str) -> None:
    """Fields of vLLM's that the demo server does not have: ``logprobs``, ``names``, more of ``n``. Raises Refusal."""
    for name in ("logprobs", *names):
        if body.get(name) not in (None, False):
            raise refusals.bad(f"The demo server has no {name}.", name)
    count = body.get("n")
    if count is not None and int(count) < 1:
        raise refusals.bad(f"n must be at least 1, got {int(count)}.", "n", int(count))
    if count is not None and int(count) > _MOST_CHOICES:
        raise refusals.bad(f"n must be at most {_MOST_CHOICES}, got {int(count)}.", "n", int(count))
    if count is not None and int(count) > 1 and (is_true(body.get("stream")) or "prompt" in body):
        raise refusals.bad("The demo server answers with several choices (n) only in chats that are not streamed.", "n")


def check_messages(messages: list[Any]) -> None:
    """Raises Refusal unless they are messages whose parts can be read."""
    if not messages:
        raise refusals.bad("Cannot apply chat template to an empty conversation. Provide at least one message.")
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            text = "Input should be a valid dictionary"
            problem = {"type": "dict_type", "loc": f"body.messages.{index}", "msg": text, "input": shown(message)}
            raise refusals.invalid([problem])
        content = message.get("content")
        if isinstance(content, list):
            for position, part in enumerate(content):
                check_part(part, position)
        elif content is not None and not isinstance(content, str):
            text = "Input should be a valid string"
            where = f"body.messages.{index}.content.str"
            raise refusals.invalid([{"type": "string_type", "loc": where, "msg": text, "input": shown(content)}])


def _wanted(body: dict[str, Any]) -> Any:
    """How long the reply may be, under either name."""
    newer = body.get("max_completion_tokens")
    return body.get("max_tokens") if newer is None else newer


def is_true(value: object) -> bool:
    """``value`` as pydantic reads a boolean: words count as well."""
    return value.lower() in {"true", "1", "yes", "on"} if isinstance(value, str) else bool(value)


def _schema(body: dict[str, Any]) -> dict[str, Any] | None:
    """The JSON schema that the reply must follow, from either of the two ways to ask for one."""
    response_format = body.get("response_format") or {}
    named = response_format.get("json_schema")
    schema = (named.get("schema") if isinstance(named, dict) else None) or (body.get("structured_outputs") or {}).get("json")
    return schema if isinstance(schema, dict) else None
