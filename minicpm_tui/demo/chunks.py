"""The bodies and chunks of chat completions, field for field as vLLM 0.32 writes them."""

from __future__ import annotations

import secrets
import time
from typing import Any

import msgspec

from minicpm_tui.demo.generation import Reply
from minicpm_tui.demo.prompt import Prompt

DONE = b"data: [DONE]\n\n"


class Envelope:
    """What all chunks of one reply share."""

    def __init__(self, model: str, fingerprint: str, prompt: Prompt, *, details: bool) -> None:
        self._shared = {"id": f"chatcmpl-{secrets.token_hex(8)}", "object": "", "created": int(time.time()), "model": model}
        self._fingerprint = fingerprint
        self._prompt = prompt
        self._details = details

    def whole(self, reply: Reply, count: int = 1) -> dict[str, Any]:
        """The body of a reply that is not streamed, with ``count`` choices, all alike."""
        message = {"role": "assistant", "content": reply.text("content"), "annotations": None, "audio": None}
        message |= {"refusal": reply.text("refusal") or None, "function_call": None, "reasoning": reply.text("reasoning") or None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish_reason, "stop_reason": None}
        choice |= {"token_ids": None, "routed_experts": None}
        usage = self._usage(reply.tokens * count) | {
            "prompt_tokens_details": self._prompt_details(),
            "completion_tokens_details": None,
        }
        choices = [choice | {"index": index} for index in range(count)]
        body: dict[str, Any] = self._shared | {"object": "chat.completion", "choices": choices, "service_tier": None}
        body |= {"system_fingerprint": self._fingerprint, "usage": usage, "prompt_logprobs": None, "prompt_token_ids": None}
        return body | {"prompt_text": None, "kv_transfer_params": None, "ec_transfer_params": None, "metrics": None}

    def first(self, *, usage: bool) -> bytes:
        """The chunk that names the role."""
        delta = {"role": "assistant", "content": ""}
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
        chunk = self._chunk([choice]) | (self._running_usage(0) if usage else {})
        return _event(chunk | {"prompt_token_ids": None, "prompt_text": None})

    def piece(self, kind: str, text: str, made: int, *, usage: bool) -> bytes:
        """A chunk with a piece of the reply; ``made`` tokens are there with it."""
        choice = {"index": 0, "delta": {kind: text}, "logprobs": None, "finish_reason": None, "token_ids": None}
        return _event(self._chunk([choice]) | (self._running_usage(made) if usage else {}))

    def last(self, kind: str, text: str, reply: Reply, *, usage: bool, usage_follows: bool) -> bytes:
        """The chunk with the finish reason."""
        choice = {"index": 0, "delta": {kind: text}, "logprobs": None, "finish_reason": reply.finish_reason}
        choice |= {"stop_reason": None, "token_ids": None}
        chunk = self._chunk([choice]) | (self._running_usage(reply.tokens) if usage else {})
        return _event(chunk if usage_follows else chunk | {"system_fingerprint": self._fingerprint})

    def usage(self, made: int) -> bytes:
        """The chunk after the last that has the usage."""
        usage = self._usage(made)
        if self._details:
            usage["prompt_tokens_details"] = self._prompt_details()
        return _event(self._chunk([]) | {"usage": usage, "system_fingerprint": self._fingerprint})

    def _chunk(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return self._shared | {"object": "chat.completion.chunk", "choices": choices}

    def _usage(self, made: int) -> dict[str, Any]:
        tokens = self._prompt.tokens
        return {"prompt_tokens": tokens, "total_tokens": tokens + made, "completion_tokens": made}

    def _running_usage(self, made: int) -> dict[str, Any]:
        return {"usage": self._usage(made) | {"completion_tokens_details": None}}

    def _prompt_details(self) -> dict[str, Any] | None:
        if not self._details:
            return None
        return {"cached_tokens": self._prompt.cached_tokens}


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


def failure(message: str) -> bytes:
    """vLLM's error inside a stream that had begun with status 200."""
    return _event({"error": {"message": message, "type": "InternalServerError", "param": None, "code": 500}})
