"""The words of a server's error, whatever shape it has.

OpenAI and vLLM since 0.10.1: ``{"error": {"message", "param", …}}``; vLLM before that, SGLang and LMDeploy:
``{"object": "error", "message", …}``; FastAPI: ``{"detail": …}``, a text or a list; Ollama, LM Studio, TGI: ``{"error": "…"}``;
gateways: ``{"message": "…"}``. LiteLLM puts what a server answered into a text of its own:
``litellm.BadRequestError: Hosted_vllmException - {"error": {…}}\n\nLiteLLM: …``.
"""

from __future__ import annotations

import json
import re
from typing import Any, Literal

import msgspec

from minicpm_tui.decoding import DecodingError, lenient_json, whole_text

LIMIT = 1_000_000
"""Bytes that are looked at."""
_DEPTH = 4
_LITELLM = re.compile(r"(?:^|: )litellm\.\w+: ")
_LITELLM_OWN = re.compile(r"\s*\n(?:model=|\nSet |\nLiteLLM: ).*", re.DOTALL)
Shape = Literal["error", "other", "relay"]
"""``error``: an error object of OpenAI's or vLLM's; ``relay``: what LiteLLM says itself, not the server behind it."""
_CUT = re.compile(rb'"(?:message|detail|msg|error)"\s*:\s*"((?:[^"\\]|\\.){1,4000})')
"""The words in an error that was cut off because it repeats the whole request."""


class Words(msgspec.Struct, frozen=True):
    """``message`` in the server's own words, the parameter that it is about (empty where it names none), and how it was told."""

    message: str
    param: str = ""
    code: int | None = None
    shape: Shape = "other"


def words_in(body: bytes) -> Words | None:
    """What an error's ``body`` says, None when it is no JSON or has no words."""
    try:
        value = lenient_json(body, limit=LIMIT - 1)
    except DecodingError:
        match = _CUT.search(body[:LIMIT]) if body.lstrip()[:1] == b"{" else None
        return _words(_decoded(match[1])) if match else None
    words = _words(value)
    if words is None:
        return None
    words = msgspec.structs.replace(words, shape=_shape(value))
    return _behind_litellm(words) if _LITELLM.search(words.message) else words


def _shape(value: Any) -> Shape:
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict) and (isinstance(first.get("error"), dict) or first.get("object") == "error"):
        return "error"
    return "other"


def _behind_litellm(words: Words) -> Words:
    """What the server behind LiteLLM answered, where it did; else LiteLLM's own words."""
    text = words.message
    start = text.find("{")
    while start >= 0:
        try:
            value, _end = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            start = text.find("{", start + 1)
            continue
        inner = _words(value)
        return msgspec.structs.replace(inner, shape=_shape(value), code=inner.code or words.code) if inner else words
    return msgspec.structs.replace(words, message=_LITELLM_OWN.sub("", text), shape="relay")


def _decoded(text: bytes) -> str:
    try:
        value = lenient_json(b'"' + text + b'"')
    except DecodingError:
        return text.decode(errors="replace")
    return value if isinstance(value, str) else ""


def _words(value: Any, depth: int = 0) -> Words | None:
    if depth > _DEPTH:
        return None
    if isinstance(value, str):
        return Words(whole_text(value)) if value.strip() else None
    if isinstance(value, list):
        return _of_list(value, depth)
    return _of_object(value, depth) if isinstance(value, dict) else None


def _of_list(value: list[Any], depth: int) -> Words | None:
    """FastAPI lists what is wrong with each field, as ``{"loc": ["body", "top_k"], "msg": "Extra inputs are …"}``."""
    located = [each for each in value[:3] if isinstance(each, dict) and isinstance(each.get("loc"), list)]
    if located:
        lines = [f"{'.'.join(map(str, _place(each)))}: {each.get('msg') or ''}".strip() for each in located]
        place = _place(located[0])
        return Words(whole_text("; ".join(lines)), str(place[-1]) if place else "")
    return next((found for each in value[:3] if (found := _words(each, depth + 1))), None)


def _of_object(value: dict[str, Any], depth: int) -> Words | None:
    if "choices" in value and not value.get("error"):
        return None
    for name in ("error", "detail", "errors", "message", "msg", "error_message", "title"):
        inner = value.get(name)
        if (found := _words(inner, depth + 1)) is not None:
            param = value.get("param")
            return Words(found.message, found.param or (param if isinstance(param, str) else ""), found.code or _code(value))
    return None


def _place(located: dict[str, Any]) -> list[Any]:
    place: list[Any] = located["loc"]
    return place[1:] if place[:1] == ["body"] else place


def _code(value: dict[str, Any]) -> int | None:
    """An HTTP status that the error itself names, as a number or a text."""
    code = value.get("code")
    try:
        number = int(code) if isinstance(code, int | str) and not isinstance(code, bool) else 0
    except ValueError:
        return None
    return number if 100 <= number <= 599 else None
