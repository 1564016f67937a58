"""Chunks and whole answers that are not by the letter of the API: read field by field, what does not fit is dropped.

Seen: ``choices: null``, token counts that are floats or texts, a finish reason that is an object (older SGLang), content as a
list of parts (Mistral), bytes that are no UTF-8, halves of surrogate pairs, NaN, ``data:`` twice, two objects in one event.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from minicpm_tui.backends.error_words import words_in
from minicpm_tui.backends.sse import Choice, Chunk, DeltaChunk, PromptDetails, UsageChunk, decode_chunk
from minicpm_tui.decoding import DecodingError, lenient_json, whole_number

_NAMED = re.compile(rb"(?:data:\s*)+")
_BETWEEN_OBJECTS = re.compile(rb"(?<=\})\s*(?=\{)")
STOP = "stop"
"""The finish reason of a reply that ended without saying why."""


def read_chunk(data: bytes) -> Chunk | None:
    """What ``data`` says, None when it is no JSON object; texts may hold halves of surrogate pairs. ``null`` says nothing.

    An error of any shape comes as the chunk's ``error``.
    """
    try:
        return _with_error(decode_chunk(data), data)
    except DecodingError:
        pass
    try:
        value = lenient_json(data)
    except DecodingError:
        return None
    if value is None:
        return Chunk()
    if not isinstance(value, dict):
        return None
    chunk = Chunk(choices=_choices(value.get("choices")), usage=_usage(value.get("usage")))
    if value.get("error"):
        chunk.error = msgspec.Raw(b"true")
    return _with_error(chunk, data)


def events_within(event: bytes) -> list[bytes]:
    """What ``event``, which cannot be read, holds of events that can: its own ``data:`` line, or objects one after the other."""
    if named := _NAMED.match(event):
        return [event[named.end() :].strip()]
    found = _BETWEEN_OBJECTS.split(event)
    return found if len(found) > 1 and all(read_chunk(each) is not None for each in found) else []


def _with_error(chunk: Chunk, data: bytes) -> Chunk:
    """A chunk without anything of a reply may be an error of another shape than OpenAI's."""
    if not chunk.choices and chunk.usage is None and not chunk.failed and words_in(data) is not None:
        chunk.error = msgspec.Raw(b"true")
    return chunk


def _choices(value: Any) -> list[Choice]:
    listed = [value] if isinstance(value, dict) else value
    return [_choice(each) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _choice(value: dict[str, Any]) -> Choice:
    return Choice(
        delta=_delta(value.get("delta")),
        message=_delta(value.get("message")),
        text=_text(value.get("text")),
        finish_reason=_finish_reason(value.get("finish_reason")),
        index=whole_number(value.get("index")) or 0,
    )


def _delta(value: Any) -> DeltaChunk | None:
    if isinstance(value, str):
        return DeltaChunk(content=value)
    if not isinstance(value, dict):
        return None
    content = value.get("content")
    return DeltaChunk(
        role=_text(value.get("role")),
        content=_parts(content, "text"),
        reasoning=_text(value.get("reasoning")) or (_parts(content, "thinking") if isinstance(content, list) else None),
        reasoning_content=_text(value.get("reasoning_content")),
        thinking=_text(value.get("thinking")),
        refusal=_text(value.get("refusal")),
    )


def _parts(value: Any, kind: str) -> str | None:
    """The text of content that is one text, one part or a list of parts; ``kind`` is the field that holds it."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, dict):
        inner = value.get(kind, value.get("value"))
        return inner if isinstance(inner, str) else _parts(inner, "text") if isinstance(inner, list) else None
    if isinstance(value, list):
        found = [each if isinstance(each, str) and kind == "text" else _parts(each, kind) for each in _objects(value, kind)]
        return "".join(each for each in found if each) or None
    return None


def _objects(parts: list[Any], kind: str) -> list[Any]:
    return [each for each in parts if isinstance(each, dict) or (isinstance(each, str) and kind == "text")]


def _finish_reason(value: Any) -> str | None:
    """None while there is none. An object's ``type`` is the reason; a number says no more than that it is over."""
    if isinstance(value, dict):
        kind = value.get("type")
        return kind if isinstance(kind, str) and kind else STOP
    if value is None or isinstance(value, str):
        return value or None
    return None if value is False else STOP


def _usage(value: Any) -> UsageChunk | None:
    if not isinstance(value, dict):
        return None
    details = value.get("prompt_tokens_details")
    cached = whole_number(details.get("cached_tokens")) if isinstance(details, dict) else None
    prompt, completion = whole_number(value.get("prompt_tokens")), whole_number(value.get("completion_tokens"))
    return UsageChunk(prompt or 0, completion, PromptDetails(cached) if cached is not None else None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
