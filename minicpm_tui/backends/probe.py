"""Asks a server who it is: models, version, and when it was started."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from minicpm_tui.address import http_root
from minicpm_tui.backends import plain_http
from minicpm_tui.backends.client import load_client, make_client
from minicpm_tui.backends.facts import ModelFacts, ServerFacts
from minicpm_tui.decoding import DecodingError, lenient_json, whole_number, whole_text
from minicpm_tui.errors import ServerStalled
from minicpm_tui.i18n import _
from minicpm_tui.redaction import hide
from minicpm_tui.text import one_line

if TYPE_CHECKING:
    import httpx2

PROBE_SECONDS = 10.0
"""A server may be silent for so long."""
_GLANCE_SECONDS = 2.0
"""For all answers at the first look, which tells nothing of one that fails."""
PROBE_LIMIT = 30.0
"""Seconds for all of its answers: one that sends a byte now and then is given up too."""
_VERSION_LIMIT = 60
_START_LINE = re.compile(rb"^process_start_time_seconds (\S+)", re.MULTILINE)
_METRICS_BYTES = 16 * 1024
"""The start time stands near the top of /metrics, which has 60 kB in all."""


async def probe(url: str, key: str = "", *, transport: httpx2.AsyncBaseTransport | None = None) -> ServerFacts:
    """Who answers at the root URL ``url``. Raises BackendError: unreachable, not such a server, or the key is refused."""
    if transport is None:
        if plain_http.reaches(url) and (facts := await _glance(url, key)) is not None:
            return facts
        await asyncio.to_thread(load_client)
    async with make_client(url, key, stall_seconds=PROBE_SECONDS, transport=transport) as client:
        try:
            async with asyncio.timeout(PROBE_LIMIT):
                questions = _models(client, url, key), _version(client, url), _started(client, url)
                return _facts(url, *await asyncio.gather(*questions))
        except TimeoutError:
            words = _("{url} took more than {seconds:.0f} s to say which models it has").format(url=url, seconds=PROBE_LIMIT)
            raise ServerStalled(words, hint=_("try again; if it stays slow, start the server again")) from None


async def _glance(url: str, key: str) -> ServerFacts | None:
    """What a server says that answers at once and plainly; None for all others."""
    models = asyncio.create_task(plain_http.get(url, "/v1/models", key))
    version = asyncio.create_task(_plain_version(url, key))
    started = asyncio.create_task(_plain_start(url, key))
    try:
        async with asyncio.timeout(_GLANCE_SECONDS):
            return _facts(url, _models_in(await models, url), await version, await started)
    except (TimeoutError, plain_http.Unclear):
        return None
    finally:
        for question in (models, version, started):
            question.cancel()
        await asyncio.gather(models, version, started, return_exceptions=True)


async def _plain_version(url: str, key: str) -> str | None:
    with suppress(plain_http.Refused):
        return _version_in(await plain_http.get(url, "/version", key))
    return None


async def _plain_start(url: str, key: str) -> str:
    with suppress(plain_http.Refused):
        async with plain_http.pieces(url, "/metrics", key) as answer:
            return await _start_in(answer)
    return ""


def _facts(url: str, models: list[dict[str, Any]], version: str | None, started: str) -> ServerFacts:
    return ServerFacts(
        url=url,
        version=version,
        is_vllm=any(model.get("owned_by") == "vllm" for model in models),
        models=tuple(_facts_of(model) for model in models),
        started=started,
    )


async def started_at(url: str, key: str = "", *, transport: httpx2.AsyncBaseTransport | None = None) -> str:
    """When the server was started, in its own words; empty when it does not say or does not answer."""
    async with make_client(url, key, stall_seconds=PROBE_SECONDS, transport=transport) as client:
        return await _started(client, url)


async def _models(client: httpx2.AsyncClient, url: str, key: str) -> list[dict[str, Any]]:
    import httpx2

    try:
        response = await client.get(f"{http_root(url)}/v1/models")
    except httpx2.HTTPError as error:
        from minicpm_tui.backends.network import network_error

        raise network_error(error, url, PROBE_SECONDS) from error
    if response.status_code != 200:
        from minicpm_tui.backends.failures import failure_of

        location = response.headers.get("location", "")
        raise failure_of(response.status_code, response.content, url=url, key_sent=bool(key), location=location).error
    return _models_in(response.content, url)


def _models_in(body: bytes, url: str) -> list[dict[str, Any]]:
    """The models that a server lists; entries without a name are left out. Raises NotAServer for something else."""
    try:
        value = lenient_json(body)
    except DecodingError:
        value = None
    listed = value.get("data") if isinstance(value, dict) else value
    if not isinstance(listed, list):
        from minicpm_tui.backends.failures import not_a_server

        raise not_a_server(_("{url} answers, but lists no models").format(url=url))
    return [model for model in listed if isinstance(model, dict) and isinstance(model.get("id"), str) and model["id"].strip()]


def _facts_of(model: dict[str, Any]) -> ModelFacts:
    """What an entry says, as far as it is what it should be; a length may be written as a text."""
    root = model.get("root")
    tokens = whole_number(model.get("max_model_len")) or whole_number(model.get("max_input_tokens")) or 0  # the latter: LiteLLM
    return ModelFacts(whole_text(model["id"]), whole_text(root) if isinstance(root, str) else "", tokens if tokens > 0 else None)


async def _version(client: httpx2.AsyncClient, url: str) -> str | None:
    import httpx2

    try:
        response = await client.get(f"{http_root(url)}/version")
    except httpx2.HTTPError:
        return None
    return _version_in(response.content) if response.status_code == 200 else None


def _version_in(body: bytes) -> str | None:
    try:
        value = lenient_json(body)
    except DecodingError:
        return None
    version = value.get("version") if isinstance(value, dict) else None
    return one_line(hide(whole_text(version)), _VERSION_LIMIT) if isinstance(version, str) else None


async def _started(client: httpx2.AsyncClient, url: str) -> str:
    import httpx2

    with suppress(httpx2.HTTPError):
        async with client.stream("GET", f"{http_root(url)}/metrics") as response:
            return await _start_in(response.aiter_bytes()) if response.status_code == 200 else ""
    return ""


async def _start_in(metrics: AsyncIterator[bytes]) -> str:
    """When the server was started, of what ``/metrics`` says; only its beginning is read."""
    seen = b""
    async for piece in metrics:
        seen += piece
        if (match := _START_LINE.search(seen)) and seen.find(b"\n", match.start()) > 0:
            return match[1].decode(errors="replace")
        if len(seen) > _METRICS_BYTES:
            break
    return ""
