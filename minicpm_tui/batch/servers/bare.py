"""A request without its pictures and videos, to learn what the server counts for them."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Bare(NamedTuple):
    """``body`` asks the question for one token without the ``media`` pictures and videos it had; ``text`` is all it says."""

    body: bytes
    text: str
    media: int


def without_media(body: bytes) -> Bare | None:
    """None for a request that has none, or in no form that is known. Blocks: a request may have megabytes."""
    try:
        request = msgspec.json.decode(body)
        texts: list[str] = []
        media = 0
        for message in request["messages"]:
            parts = message["content"]
            if isinstance(parts, list):
                kept = [part for part in parts if part.get("type") == "text"]
                media += len(parts) - len(kept)
                message["content"] = "\n".join(part["text"] for part in kept) or "?"
            texts.append(message["content"])
        request["max_tokens"] = 1
        request.pop("max_completion_tokens", None)
        return Bare(msgspec.json.encode(request), "\n".join(texts), media) if media else None
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return None
