"""Counts a text's tokens by asking the server; pictures and videos are never sent for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from minicpm_tui.address import http_root
from minicpm_tui.backends.facts import ServerFacts
from minicpm_tui.decoding import decode_json

if TYPE_CHECKING:
    import httpx2

TOKENIZE_SECONDS = 3.0


class _Counted(msgspec.Struct):
    count: int


async def count_tokens(
    facts: ServerFacts, key: str, model: str, text: str, *, transport: httpx2.AsyncBaseTransport | None = None
) -> int | None:
    """The tokens of ``text`` alone, without a template's marks; None when the server does not tell (vLLM's ``/tokenize``)."""
    if not facts.is_vllm:
        return None
    import httpx2

    from minicpm_tui.backends.client import make_client

    body = {"model": model, "prompt": text, "add_special_tokens": False}
    try:
        async with make_client(facts.url, key, stall_seconds=TOKENIZE_SECONDS, transport=transport) as client:
            response = await client.post(f"{http_root(facts.url)}/tokenize", json=body)
        return decode_json(response.content, _Counted).count if response.status_code == 200 else None
    except (httpx2.HTTPError, ValueError):
        return None
