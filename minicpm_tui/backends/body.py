"""The bytes of a request: the JSON body with base64 filled into its slots, made while it is sent.

Each blob is read when its turn comes and encoded piece by piece, so a request needs no more memory than its largest blob and what
the socket takes at a time.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass

import msgspec

from minicpm_tui.messages import BlobReader, ImagePart, MediaPart
from minicpm_tui.messages.request import ChatRequest, JsonDict

PIECE = 3 * 48 * 1024
"""Bytes encoded and handed to the socket at a time; three of them become four letters."""


@dataclass(frozen=True)
class Payload:
    """Text pieces with digests between them: ``texts[0] blobs[0] texts[1] …``; every blob goes out as base64."""

    texts: tuple[bytes, ...]
    blobs: tuple[str, ...]

    async def stream(self, reader: BlobReader, progress: Callable[[int], None]) -> AsyncIterator[bytes]:
        """The body, piece by piece; ``progress`` is called before each with its bytes. Raises what ``reader`` raises."""
        for index, text in enumerate(self.texts):
            progress(len(text))
            yield text
            if index < len(self.blobs):
                data = memoryview(await asyncio.to_thread(reader.read, self.blobs[index]))
                for start in range(0, len(data), PIECE):
                    piece = base64.b64encode(data[start : start + PIECE])
                    progress(len(piece))
                    yield piece
                del data  # before the next one is read


def payload_of(request: ChatRequest, *, uuids: bool, bare: Collection[str]) -> Payload:
    """How ``request`` is sent: with ``uuids`` each picture and video is named by its digest; those in ``bare`` by that alone."""
    marker = secrets.token_hex(16)
    blobs: list[str] = []

    def slot(digest: str) -> str:
        blobs.append(digest)
        return f"@{marker}@"

    def resolve(part: MediaPart) -> JsonDict:
        kind = kind_of(part)
        uuid = part.uuid if uuids else None
        if uuid is not None and uuid in bare:
            return {"type": f"{kind}_url", f"{kind}_url": None, "uuid": uuid}
        content = {"type": f"{kind}_url", f"{kind}_url": {"url": _url(part, slot)}}
        return content if uuid is None else {**content, "uuid": uuid}

    encoded = msgspec.json.encode(request.render(resolve))
    return Payload(tuple(encoded.split(f"@{marker}@".encode())), tuple(blobs))


def kind_of(part: MediaPart) -> str:
    """``image`` or ``video``, as the API and vLLM's limits name them."""
    return "image" if isinstance(part, ImagePart) else "video"


def _url(part: MediaPart, slot: Callable[[str], str]) -> str:
    if not part.digests:
        return part.source.url or ""
    return f"data:{part.media_type};base64," + ",".join(slot(digest) for digest in part.digests)
