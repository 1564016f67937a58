"""The demo server's routes."""

from __future__ import annotations

import asyncio
import secrets

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from minicpm_tui.demo import refusals, tokens
from minicpm_tui.demo.chat import chat
from minicpm_tui.demo.completions import completions
from minicpm_tui.demo.fields import missing, type_problems
from minicpm_tui.demo.guards import KeyGuard, Recorder, SizeGuard, WebSite
from minicpm_tui.demo.metrics import CONTENT_TYPE
from minicpm_tui.demo.prompt import read_prompt
from minicpm_tui.demo.responses import json_response
from minicpm_tui.demo.state import State
from minicpm_tui.demo.validation import check_messages, read_json


def make_app(state: State, recorder: Recorder | None = None) -> WebSite:
    """The whole server as an ASGI application; ``recorder`` notes every request."""
    routes = [
        Route("/health", _health),
        Route("/ping", _health, methods=["GET", "POST"]),
        Route("/load", _load),
        Route("/version", _version),
        Route("/metrics", _metrics),
        Route("/tokenize", _tokenize, methods=["POST"]),
        Route("/v1/models", _models),
        Route("/v1/chat/completions", chat, methods=["POST"]),
        Route("/v1/completions", completions, methods=["POST"]),
    ]
    handlers = {refusals.Refusal: _refused, HTTPException: _http_error, Exception: _crashed}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.state.demo = state
    guarded = SizeGuard(KeyGuard(app, state), state)
    return WebSite(recorder.around(guarded) if recorder else guarded, state)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, refusals.Refusal)
    return json_response(error.body, error.status)


async def _crashed(_request: Request, error: Exception) -> Response:
    """Starlette raises the error again after this answer, so that the connection is closed, as vLLM's is."""
    crash = error if isinstance(error, refusals.Crash) else refusals.Crash(str(error))
    return json_response(crash.body, 500)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = json_response({"detail": error.detail}, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _health(request: Request) -> Response:
    return Response(status_code=503 if _state(request).options.faults.engine_dead else 200)


async def _load(_request: Request) -> Response:
    return json_response({"server_load": 0})


async def _version(request: Request) -> Response:
    return json_response({"version": _state(request).options.version})


async def _metrics(request: Request) -> Response:
    state = _state(request)
    text = state.metrics.text(state.options.model, state.cache, 4 * state.options.max_model_len)
    return Response(text, headers={"content-type": CONTENT_TYPE})


async def _models(request: Request) -> Response:
    state, options = _state(request), _state(request).options
    allowed = {"allow_create_engine": False, "allow_sampling": True, "allow_logprobs": True, "allow_search_indices": False}
    allowed |= {"allow_view": True, "allow_fine_tuning": False}
    permission = {"id": f"modelperm-{secrets.token_hex(8)}", "object": "model_permission", "created": state.created, **allowed}
    permission |= {"organization": "*", "group": None, "is_blocking": False}
    model = {"id": options.model, "object": "model", "created": state.created, "owned_by": "vllm"}
    model |= {"root": options.root or options.model, "parent": None, "max_model_len": options.max_model_len}
    return json_response({"object": "list", "data": [model | {"permission": [permission]}]})


async def _tokenize(request: Request) -> Response:
    state = _state(request)
    options = state.options
    body = read_json(await request.body(), request.headers.get("content-type", ""))
    if (model := body.get("model")) and model != options.model:
        raise refusals.unknown_model(str(model), options.model)
    if isinstance(body.get("prompt"), str):
        found = tokens.ids(body["prompt"], options.vocabulary)
    elif body.get("messages") is not None and not type_problems(body, {"messages": "list"}):
        check_messages(body["messages"])
        prompt = await asyncio.to_thread(read_prompt, body["messages"], options, state.cache)
        found = [0] * prompt.tokens
    else:
        raise refusals.invalid(type_problems(body, {"prompt": "string"}) or [missing("prompt", body), missing("messages", body)])
    return json_response({"count": len(found), "max_model_len": options.max_model_len, "tokens": found, "token_strs": None})


def _state(request: Request) -> State:
    state = request.app.state.demo
    assert isinstance(state, State)
    return state
