"""Asks a server who it is: models, version, and when it was started."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import msgspec

from minicpm_tui.address import http_root
from minicpm_tui.backends.facts import ModelFacts, ServerFacts
from minicpm_tui.i18n import _

if TYPE_CHECKING:
    import httpx2

PROBE_SECONDS = 10.0
_START_LINE = re.compile(rb"^process_start_time_seconds (\S+)", re.MULTILINE)
_METRICS_BYTES = 16 * 1024
"""The start time stands near the top of /metrics, which has 60 kB in all."""


class _Model(msgspec.Struct):
    id: str
    root: str | None = None
    owned_by: str | None = None
    max_model_len: int | None = None


class _Models(msgspec.Struct):
    data: list[_Model]


class _Version(msgspec.Struct):
    version: str


async def probe(url: str, key: str = "", *, transport: httpx2.AsyncBaseTransport | None = None) -> ServerFacts:
    """Who answers at the root URL ``url``. Raises BackendError: unreachable, not such a server, or the key is refused."""
    from minicpm_tui.backends.client import make_client

    async with make_client(url, key, stall_seconds=PROBE_SECONDS, transport=transport) as client:
        models, version, started = await asyncio.gather(_models(client, url, key), _version(client, url), _started(client, url))
    return ServerFacts(
        url=url,
        version=version,
        is_vllm=any(model.owned_by == "vllm" for model in models),
        models=tuple(ModelFacts(model.id, model.root or "", model.max_model_len) for model in models),
        started=started,
    )


async def started_at(url: str, key: str = "", *, transport: httpx2.AsyncBaseTransport | None = None) -> str:
    """When the server was started, in its own words; empty when it does not say or does not answer."""
    from minicpm_tui.backends.client import make_client

    async with make_client(url, key, stall_seconds=PROBE_SECONDS, transport=transport) as client:
        return await _started(client, url)


async def _models(client: httpx2.AsyncClient, url: str, key: str) -> list[_Model]:
    import httpx2

    from minicpm_tui.backends.failures import failure_of, not_a_server
    from minicpm_tui.backends.network import network_error

    try:
        response = await client.get(f"{http_root(url)}/v1/models")
    except httpx2.HTTPError as error:
        raise network_error(error, url, PROBE_SECONDS) from error
    if response.status_code != 200:
        raise failure_of(response.status_code, response.content, url=url, key_sent=bool(key)).error
    try:
        return msgspec.json.decode(response.content, type=_Models).data
    except ValueError:
        raise not_a_server(_("{url} answers, but lists no models").format(url=url)) from None


async def _version(client: httpx2.AsyncClient, url: str) -> str | None:
    import httpx2

    try:
        response = await client.get(f"{http_root(url)}/version")
        return msgspec.json.decode(response.content, type=_Version).version if response.status_code == 200 else None
    except (httpx2.HTTPError, ValueError):
        return None


async def _started(client: httpx2.AsyncClient, url: str) -> str:
    import httpx2

    seen = b""
    try:
        async with client.stream("GET", f"{http_root(url)}/metrics") as response:
            if response.status_code == 200:
                async for piece in response.aiter_bytes():
                    seen += piece
                    if (match := _START_LINE.search(seen)) and seen.find(b"\n", match.start()) > 0:
                        return match[1].decode(errors="replace")
                    if len(seen) > _METRICS_BYTES:
                        break
    except httpx2.HTTPError:
        pass
    return ""
