"""``POST /v1/completions``: the older interface without messages, which load generators use. Fields as vLLM 0.32 writes them."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from minicpm_tui.demo import refusals
from minicpm_tui.demo.chat import check, made
from minicpm_tui.demo.chunks import DONE
from minicpm_tui.demo.fields import CHAT_FIELDS, Kind
from minicpm_tui.demo.generation import Reply, counted, make_reply, paced
from minicpm_tui.demo.prompt import Prompt, read_prompt
from minicpm_tui.demo.responses import json_response
from minicpm_tui.demo.state import State
from minicpm_tui.demo.validation import ChatBody, check_fields, check_sampling, is_true, read_json, refuse_unknown

_FIELDS: Mapping[str, Kind] = {name: kind for name, kind in CHAT_FIELDS.items() if name != "messages"}
_MAX_TOKENS = 16
"""vLLM's, where the request names none."""


async def completions(request: Request) -> Response:
    """Continue one text, streamed or whole."""
    state: State = request.app.state.demo
    raw = read_json(await request.body(), request.headers.get("content-type", ""))
    body = _read(raw)
    state.check_faults()
    options = state.options
    check(body, options)
    prompt = await asyncio.to_thread(read_prompt, body.messages, options, state.cache, state.prefixes)
    reply = await asyncio.to_thread(make_reply, prompt, body, options)
    shared = {
        "id": f"cmpl-{secrets.token_hex(8)}",
        "object": "text_completion",
        "created": int(time.time()),
        "model": options.model,
    }
    if body.stream:
        return StreamingResponse(_events(state, prompt, reply, body, shared), media_type="text/event-stream")
    await made(request, state, prompt, reply)
    details = {"prompt_tokens_details": None, "completion_tokens_details": None}
    whole = shared | {"choices": [_choice(reply.text("content"), reply.finish_reason)], "service_tier": None}
    return json_response(
        whole | {"system_fingerprint": state.fingerprint, "usage": _usage(prompt, reply) | details, "kv_transfer_params": None}
    )


def _read(body: dict[str, Any]) -> ChatBody:
    """The body as that of a chat with one question. Raises Refusal."""
    check_fields(body, _FIELDS, "prompt")
    check_sampling(body)
    refuse_unknown(body, "echo", "suffix", "best_of", "prompt_embeds")
    prompt = body["prompt"]
    prompt = prompt[0] if isinstance(prompt, list) and len(prompt) == 1 else prompt
    if not isinstance(prompt, str):
        raise refusals.bad("The demo server takes one text as the prompt, no token ids and no several ones.", "prompt")
    wanted = body.get("max_tokens")
    return ChatBody(
        model=body.get("model"),
        messages=[{"role": "user", "content": prompt}],
        stream=is_true(body.get("stream")),
        include_usage=bool((body.get("stream_options") or {}).get("include_usage")),
        max_tokens=_MAX_TOKENS if wanted is None else int(wanted),
    )


async def _events(state: State, prompt: Prompt, reply: Reply, body: ChatBody, shared: dict[str, Any]) -> AsyncIterator[bytes]:
    async with counted(state.metrics, state.seats, prompt, reply) as progress:
        async for index in paced(reply.tokens, state.options):
            progress.token()
            text = reply.pieces[index][1] if index < len(reply.pieces) else ""
            last = reply.finish_reason if index == reply.tokens - 1 else None
            yield _event(shared | {"choices": [_choice(text, last)]})
        progress.finished = True
    if body.include_usage:
        yield _event(shared | {"choices": [], "usage": _usage(prompt, reply)})
    yield DONE


def _choice(text: str, finish_reason: str | None) -> dict[str, Any]:
    choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": finish_reason, "stop_reason": None}
    return choice | {"token_ids": None, "prompt_logprobs": None, "prompt_token_ids": None}


def _usage(prompt: Prompt, reply: Reply) -> dict[str, Any]:
    return {"prompt_tokens": prompt.tokens, "total_tokens": prompt.tokens + reply.tokens, "completion_tokens": reply.tokens}


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(body) + b"\n\n"
