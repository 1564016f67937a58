"""Errors with vLLM's statuses, types and words. Source: exchanges recorded from vLLM 0.32, carried in ``tests/wire/recorded``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

# entrypoints/serve/exception_handling/utils.py of vLLM 0.32 hides paths so; the full stop after one goes with it.
_PATHS = re.compile(r"/(?:home|usr|opt|var|tmp|root|lib|mnt|srv)(?:/[\w.\-]+)+|(?:/[\w\-]+)+/[\w\-]+\.\w+")


class Refusal(Exception):
    """A request that is answered with an error body: ``status`` is the HTTP status, the rest are the body's fields."""

    def __init__(self, status: int, message: str, *, param: str | None = None, kind: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = _PATHS.sub("<path>", message)
        self.param = param
        self.kind = kind or _KINDS[status]

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that is sent with the status."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.status}}


class Crash(Exception):
    """What vLLM did not expect and answers with 500, after which it closes the connection."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.body = Refusal(500, message).body


_KINDS = {
    400: "BadRequestError",
    404: "NotFoundError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    501: "NotImplementedError",
    502: "BadGateway",
    503: "ServiceUnavailableError",
    504: "GatewayTimeout",
}


def bad(message: str, param: str | None = None, value: object = None) -> Refusal:
    """400 about a parameter, which vLLM names once more at the end of the message."""
    if param is None:
        return Refusal(400, message)
    suffix = f"(parameter={param})" if value is None else f"(parameter={param}, value={value})"
    return Refusal(400, f"{message} {suffix}", param=param)


def invalid(problems: Sequence[dict[str, Any]]) -> Refusal:
    """400 for a body of the wrong shape: one line a problem, each a dict of type, loc, msg and input."""
    plural = "" if len(problems) == 1 else "s"
    lines = "".join(f"\n  {problem}" for problem in problems)
    message = f"{len(problems)} validation error{plural}:{lines}"
    return Refusal(400, message, param=problems[0]["loc"], kind="Bad Request")


def unknown_model(name: str, served: str) -> Refusal:
    """404 for a model that is not served; ``served`` lists those that are."""
    return Refusal(404, f"The model `{name}` does not exist. Valid aliases: {served}.", param="model")


def too_many(kind: str, limit: int) -> Refusal:
    """400 for more than ``limit`` pictures or videos."""
    return bad(f"At most {limit} {kind}(s) may be provided in one prompt.", kind)


def cache_miss(kind: str, index: int) -> Refusal:
    """400 for a medium sent without data that is not in the cache; ``index`` counts from 0."""
    return bad(f"Cache miss for {kind} at index {index} but data is not provided.")


def no_cache() -> Refusal:
    """What a server without a media cache (``--mm-processor-cache-gb 0``) says to a bare uuid."""
    data = "{'text': ['(<image>./</image>)'], 'images': [[None]]}"
    return bad(f"Failed to apply MiniCPMVProcessor on data={data} with kwargs={{'return_tensors': 'pt'}}")


def too_many_characters(limit: int, characters: int, bound: int) -> Refusal:
    """400 for a text that is longer than ``limit`` tokens can be (``bound`` characters): vLLM does not count its tokens."""
    return bad(
        f"This model's maximum context length is {limit} tokens. However, your prompt contains {characters} characters "
        f"(more than {bound} characters, which is the upper bound for {limit} input tokens). "
        "Please reduce the length of the input prompt.",
        "input_text",
        characters,
    )


def too_many_text_tokens(limit: int) -> Refusal:
    """vLLM stops counting one past the limit."""
    return bad(
        f"This model's maximum context length is {limit} tokens. However, your prompt contains at least {limit + 1} input "
        "tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt.",
        "input_tokens",
        limit + 1,
    )


def too_many_tokens(limit: int, tokens: int) -> Refusal:
    """400 for a prompt that is over ``limit`` with its pictures and videos."""
    return bad(f"Input length ({tokens}) exceeds model's maximum context length ({limit}).")


def too_many_wanted(max_tokens: int, limit: int) -> Refusal:
    """400 for a ``max_tokens`` that no prompt leaves room for."""
    message = f"max_tokens={max_tokens} cannot be greater than max_model_len={limit}. Please request fewer output tokens."
    return bad(message, "max_tokens", max_tokens)


def stop_ids_out_of_vocabulary(ids: Sequence[int], vocabulary: int) -> Refusal:
    """400 for stop token ids that the model's ``vocabulary`` (its size) does not have."""
    message = f"token_id(s) {list(ids)} in stop_token_ids contain out-of-vocab token ids. Vocabulary size: {vocabulary}"
    return bad(message, "stop_token_ids", list(ids))


def kwargs_disabled(name: str) -> Refusal:
    """400 for ``mm_processor_kwargs`` or ``media_io_kwargs`` in a request to a server that was not told to trust them."""
    return bad(
        f"Per-request {name} are disabled by default because they can change multimodal media loading resource usage. "
        "Start the server with --trust-request-mm-kwargs only when clients are trusted.",
        name,
    )


def engine_dead() -> Refusal:
    """500 once the engine process has died."""
    return Refusal(500, "EngineCore encountered an issue. See stack trace (above) for the root cause.")


def no_video_uuid() -> Crash:
    """vLLM 0.25 to a video named by uuid alone."""
    return Crash("Expected code to be unreachable, but got: None")


def fault_status(status: int) -> Refusal:
    """The refusal that ``--fault status=…`` asks for, with the type that vLLM gives such a status."""
    return Refusal(status, "The demo server was told to answer so.", kind=_KINDS.get(status, "InternalServerError"))
