"""What gateways were heard to answer (``tests/gateways``) is told as theirs, with what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from minicpm_tui import errors
from minicpm_tui.backends.failures import failure_of
from minicpm_tui.backends.probe import probe
from minicpm_tui.redaction import know

RECORDED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "gateways" / "recorded.json").read_text(encoding="utf-8")
)
"""Status, target of a redirect and body, as nginx 1.22, HAProxy 2.6 and LiteLLM 1.108 gave them."""

EXPECTED: dict[str, tuple[type[errors.BackendError], str]] = {
    "nginx: too large": (errors.RequestTooLarge, "client_max_body_size"),
    "nginx: no server": (errors.ServerFailed, "a gateway answers HTTP 502 — check that vLLM is running behind it"),
    "nginx: read timeout": (errors.ServerFailed, "proxy_read_timeout"),
    "nginx: unavailable": (errors.ServerFailed, "a gateway answers HTTP 503"),
    "nginx: redirect": (errors.NotAServer, "sends on to https://127.0.0.1:8443 "),
    "nginx: plain http to TLS": (errors.NotAServer, "write https://gate:8000"),
    "nginx: no client certificate": (errors.AuthenticationFailed, "--client-cert"),
    "haproxy: no server": (errors.ServerFailed, "a gateway answers HTTP 503"),
    "haproxy: timeout": (errors.ServerFailed, "longer than the gateway waits"),
    "litellm: no server": (errors.ServerFailed, "api_base"),
    "litellm: unknown model": (errors.ModelNotFound, "nope"),
    "litellm: unknown model behind it": (errors.ModelNotFound, "choose one with --model: demo/MiniCPM-V-4_5-demo"),
    "litellm: too long": (errors.ContextExceeded, "at least 32769 tokens, the model takes 32768"),
    "litellm: picture not to be fetched": (errors.RequestRejected, "check the address"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_gateways_answer_is_told_as_what_it_is(name: str) -> None:
    answer = RECORDED[name]
    failure = failure_of(
        answer["status"], answer["body"].encode(), url="http://gate:8000", key_sent=True, location=answer["location"]
    )
    kind, words = EXPECTED[name]
    line = failure.error.info.line()
    assert type(failure.error) is kind
    assert words in line
    assert "{" not in line


def test_nginx_is_taken_to_be_set_as_it_comes() -> None:
    answer = RECORDED["nginx: too large"]
    assert failure_of(413, answer["body"].encode(), url="http://gate", key_sent=True).body_limit == 1 << 20


@pytest.mark.parametrize(
    "body",
    [
        b'{"message":"No such file or directory"}',
        b'{"detail":"the connection to the engine is truncated; Cannot connect to host upstream:80"}',
    ],
)
def test_another_programs_words_are_not_taken_for_vllms(body: bytes) -> None:
    failure = failure_of(400, body, url="http://gate", key_sent=True)
    assert "picture" not in failure.error.info.line()


async def test_litellm_tells_the_context() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        known = request.url.path == "/v1/models"
        return httpx2.Response(200 if known else 404, text=RECORDED["litellm: models"]["body"] if known else "{}")

    facts = await probe("http://gate:8000", transport=httpx2.MockTransport(answer))
    assert facts.models[0].max_model_len == 4096


async def test_a_model_that_is_called_like_the_key_is_asked_for_by_its_name() -> None:
    know("minicpm-v")
    listed = {"data": [{"id": "minicpm-v", "owned_by": "vllm"}]}
    facts = await probe(
        "http://gate:8000", "minicpm-v", transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=listed))
    )
    assert [model.id for model in facts.models] == ["minicpm-v"]
