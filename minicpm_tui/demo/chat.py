"""``POST /v1/chat/completions``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from minicpm_tui.demo import refusals
from minicpm_tui.demo.chunks import DONE, Envelope, failure
from minicpm_tui.demo.generation import Reply, counted, make_reply, paced
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.prompt import Prompt, read_prompt
from minicpm_tui.demo.responses import json_response
from minicpm_tui.demo.state import State
from minicpm_tui.demo.validation import ChatBody, read_chat, read_json


class Dropped(Exception):
    """Raised on purpose inside a reply: the server closes the connection."""


async def chat(request: Request) -> Response:
    """Answer one chat request, streamed or whole."""
    state: State = request.app.state.demo
    raw, media_type = await request.body(), request.headers.get("content-type", "")
    body = await asyncio.to_thread(lambda: read_chat(read_json(raw, media_type)))
    state.check_faults()
    options = state.options
    check(body, options)
    prompt = await asyncio.to_thread(read_prompt, body.messages, options, state.cache, state.prefixes)
    reply = await asyncio.to_thread(make_reply, prompt, body, options)
    envelope = Envelope(options.model, state.fingerprint, prompt, details=options.prompt_tokens_details)
    if body.stream:
        events = _events(state, prompt, reply, body, envelope)
        return StreamingResponse(events, media_type=options.faults.content_type or "text/event-stream")
    await made(request, state, prompt, reply)
    response = json_response(envelope.whole(reply, body.choices))
    if options.faults.content_type:
        response.headers["content-type"] = options.faults.content_type
    return response


def check(body: ChatBody, options: DemoOptions) -> None:
    """What depends on the model that is served. Raises Refusal."""
    if body.model and body.model != options.model:
        raise refusals.unknown_model(body.model, options.model)
    if body.max_tokens is not None and body.max_tokens > options.max_model_len:
        raise refusals.too_many_wanted(body.max_tokens, options.max_model_len)
    outside = [token for token in body.stop_token_ids if options.faults.no_stop_ids or not 0 <= token < options.vocabulary]
    if outside:
        raise refusals.stop_ids_out_of_vocabulary(outside, options.vocabulary)


async def made(request: Request, state: State, prompt: Prompt, reply: Reply) -> None:
    """Wait until a reply that is not streamed would be there; a client that goes away ends it."""
    making = asyncio.create_task(_make(state, prompt, reply))
    try:
        while not making.done() and not await request.is_disconnected():
            await asyncio.wait([making], timeout=0.1)
    finally:
        if not making.done():
            making.cancel()


async def _make(state: State, prompt: Prompt, reply: Reply) -> None:
    async with counted(state.metrics, state.seats, prompt, reply) as progress:
        async for index in paced(reply.tokens, state.options):
            await _fault(index, state.options)
            progress.token()
        progress.finished = True


async def _events(state: State, prompt: Prompt, reply: Reply, body: ChatBody, envelope: Envelope) -> AsyncIterator[bytes]:
    """The reply as server-sent events. Closing it, as a client that goes away does, ends the request at once."""
    faults = state.options.faults
    async with counted(state.metrics, state.seats, prompt, reply) as progress:
        yield envelope.first(usage=body.continuous_usage)
        async for index in paced(reply.tokens, state.options):
            if faults.comments:
                yield b": keep-alive\n\n"
            if (fault := await _fault(index, state.options)) is not None:
                yield fault
                if faults.error_after == index:
                    yield DONE
                    return
            progress.token()
            yield _chunk(index, reply, body, envelope)
        progress.finished = True
    if body.include_usage:
        yield envelope.usage(reply.tokens)
    if not faults.no_done:
        yield DONE


def _chunk(index: int, reply: Reply, body: ChatBody, envelope: Envelope) -> bytes:
    kind, text = reply.pieces[index] if index < len(reply.pieces) else ("content", "")
    if index == reply.tokens - 1:
        return envelope.last(kind, text, reply, usage=body.continuous_usage, usage_follows=body.include_usage)
    return envelope.piece(kind, text, index + 1, usage=body.continuous_usage)


async def _fault(index: int, options: DemoOptions) -> bytes | None:
    """What goes wrong before the ``index``-th delta."""
    faults = options.faults
    if index == faults.drop_after:
        raise Dropped
    if index == faults.stall_after:
        await asyncio.Event().wait()
    if index == faults.error_after:
        return failure("EngineCore encountered an issue. See stack trace (above) for the root cause.")
    return b"data: {nonsense\n\n" if index == faults.nonsense_after else None
