"""The ``messages`` of an OpenAI chat request, media as data URLs, so that any client can go on.

What such a request cannot say stands beside it in ``session``: which session it is, and of each reply how it ended, what was
thought, and what was answered otherwise. ``sessions import`` reads it.

Videos are vLLM's form: ``data:video/jpeg;base64,`` and the frames joined by commas (vllm/multimodal/media/video.py).
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from minicpm_tui.errors import SessionDamaged
from minicpm_tui.messages import BlobReader, ImagePart, MediaPart, Message, Part, TextPart, Tree, VideoPart, media_of
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.export.others import others
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.labels import ending_label, full_label
from minicpm_tui.sessions.private import bare, cleaned
from minicpm_tui.text import one_line


def render(journal: Journal, options: Options) -> bytes:
    """``{"model", "messages", "session"}`` of the selected path; an attachment that cannot be read becomes a line of text."""
    path = journal.tree.path()
    said = [message for message in path if message.content or message.role == "assistant"]
    messages = [_message(message, journal.blobs) for message in said]
    system = journal.settings.get("system")
    first = int(isinstance(system, str) and bool(system) and not any(message.role == "system" for message in path))
    if first:
        messages.insert(0, {"role": "system", "content": system})
    facts = [{"message": number} | known for number, each in enumerate(said, first) if (known := _facts(journal.tree, each))]
    session = {"id": journal.id, "title": one_line(journal.title), "created": journal.created, "about": facts}
    model = next((message.model for message in reversed(path) if message.model), None) or journal.settings.get("model")
    body: dict[str, Any] = {"model": model if options.with_paths else bare(str(model))} if model else {}
    return msgspec.json.format(msgspec.json.encode(body | {"messages": messages, "session": session}), indent=2) + b"\n"


def _facts(tree: Tree, message: Message) -> dict[str, Any]:
    """What a request cannot say of a message; empty where that is nothing."""
    facts: dict[str, Any] = {}
    if message.role == "assistant":
        end = cleaned(msgspec.to_builtins(message.end))
        facts = {"end": end, "ending": ending_label(message) or None, "reasoning": message.reasoning or None}
    if media := media_of(message.content):
        facts["attachments"] = [{"name": one_line(part.name), "times": _times(part)} for part in media]
    number, count = tree.position(message.id)
    if count > 1:
        facts["answer"] = [number, count]
        facts["others"] = [
            {"role": other.role, "label": full_label(tree, other), "text": other.text, "ending": ending_label(other) or None}
            for other in others(tree, message)
        ]
    return facts


def _times(part: MediaPart) -> list[float] | None:
    """Of a video's frames, in seconds."""
    return [frame.time for frame in part.frames] if isinstance(part, VideoPart) else None


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
