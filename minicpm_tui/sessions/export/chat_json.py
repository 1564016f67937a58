"""The ``messages`` of an OpenAI chat request, media as data URLs, so that any client can go on.

Videos are vLLM's form: ``data:video/jpeg;base64,`` and the frames joined by commas (vllm/multimodal/media/video.py).
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from minicpm_tui.errors import SessionDamaged
from minicpm_tui.messages import BlobReader, ImagePart, Message, Part, TextPart
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.text import one_line


def render(journal: Journal) -> bytes:
    """``{"model", "messages"}`` of the selected path; an attachment that cannot be read becomes a line of text."""
    path = journal.tree.path()
    messages = [_message(message, journal.blobs) for message in path if message.content]
    system = journal.settings.get("system")
    if isinstance(system, str) and system and not any(message.role == "system" for message in path):
        messages.insert(0, {"role": "system", "content": system})
    model = next((message.model for message in reversed(path) if message.model), None) or journal.settings.get("model")
    body: dict[str, Any] = {"model": model} if model else {}
    return msgspec.json.format(msgspec.json.encode(body | {"messages": messages}), indent=2) + b"\n"


def _message(message: Message, blobs: BlobReader) -> dict[str, Any]:
    if all(isinstance(part, TextPart) for part in message.content):
        return {"role": message.role, "content": message.text}
    return {"role": message.role, "content": [_part(part, blobs) for part in message.content]}


def _part(part: Part, blobs: BlobReader) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    kind = "image_url" if isinstance(part, ImagePart) else "video_url"
    try:
        data = ",".join(base64.b64encode(blobs.read(digest)).decode() for digest in part.digests)
    except SessionDamaged as error:
        return {"type": "text", "text": f"[{one_line(part.name)}: {error.title}]"}
    url = f"data:{part.media_type};base64,{data}" if data else part.source.url
    return {"type": kind, kind: {"url": url}} if url else {"type": "text", "text": f"[{one_line(part.name)}]"}
