"""Checks the types of a request's fields in the words of pydantic, which vLLM passes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

Kind = Literal["string", "list", "dictionary", "boolean", "integer", "number", "integers", "long"]
Problem = dict[str, Any]

CHAT_FIELDS: Mapping[str, Kind] = {
    "model": "string",
    "messages": "list",
    "stream": "boolean",
    "stream_options": "dictionary",
    "temperature": "number",
    "top_p": "number",
    "top_k": "integer",
    "min_p": "number",
    "repetition_penalty": "number",
    "seed": "long",
    "n": "integer",
    "max_tokens": "integer",
    "max_completion_tokens": "integer",
    "stop_token_ids": "integers",
    "chat_template_kwargs": "dictionary",
    "response_format": "dictionary",
    "structured_outputs": "dictionary",
    "mm_processor_kwargs": "dictionary",
    "media_io_kwargs": "dictionary",
}
_SHORT = {"string": "string", "list": "list", "dictionary": "dict", "boolean": "bool", "integer": "int", "number": "float"}
_TYPES: dict[str, type | tuple[type, ...]] = {"string": str, "list": list, "dictionary": dict}


def type_problems(body: Mapping[str, Any], fields: Mapping[str, Kind]) -> list[Problem]:
    """What is wrong with ``body``; fields that are absent or null are fine."""
    found: list[Problem] = []
    for name, kind in fields.items():
        if body.get(name) is not None:
            found += _problems(f"body.{name}", body[name], kind)
    return found


def missing(name: str, body: Mapping[str, Any]) -> Problem:
    """A field that must be there is not."""
    return {"type": "missing", "loc": f"body.{name}", "msg": "Field required", "input": shown(body)}


def shown(value: object) -> str:
    """A value as vLLM's validation errors show it: containers by their size only."""
    if isinstance(value, (dict, list)):
        return f"<{type(value).__name__} of {len(value)} items>"
    return str(value)


def _problems(loc: str, value: Any, kind: Kind) -> Iterator[Problem]:
    if kind == "integers":
        problems = list(_problems(loc, value, "list"))
        yield from problems
        for index, one in enumerate(() if problems else value):
            yield from _problems(f"{loc}.{index}", one, "integer")
    elif kind == "long":
        problems = list(_problems(loc, value, "integer"))
        yield from problems
        if not problems:
            yield from _range_problems(loc, int(value))
    elif kind in _TYPES:
        if not isinstance(value, _TYPES[kind]):
            yield _problem(loc, value, kind, "type", "")
    else:
        yield from _scalar_problems(loc, value, kind)


def _scalar_problems(loc: str, value: Any, kind: Kind) -> Iterator[Problem]:
    if isinstance(value, str):
        if not _parses(value, kind):
            doing = "interpret input" if kind == "boolean" else f"parse string as {'an' if kind == 'integer' else 'a'} {kind}"
            yield _problem(loc, value, kind, "parsing", f", unable to {doing}")
    elif not isinstance(value, (bool, int, float)) or (kind == "boolean" and value not in {0, 1}):
        yield _problem(loc, value, kind, "type", "")
    elif kind == "integer" and value != value // 1:
        yield _problem(loc, value, kind, "from_float", ", got a number with a fractional part")


def _range_problems(loc: str, value: int) -> Iterator[Problem]:
    """What is wrong with an integer that must fit 64 bits."""
    least, most = -(2**63), 2**63 - 1
    if value < least:
        words = f"Input should be greater than or equal to {least}"
        yield {"type": "greater_than_equal", "loc": loc, "msg": words, "input": str(value), "ctx": {"ge": least}}
    elif value > most:
        words = f"Input should be less than or equal to {most}"
        yield {"type": "less_than_equal", "loc": loc, "msg": words, "input": str(value), "ctx": {"le": most}}


def _parses(text: str, kind: Kind) -> bool:
    if kind == "boolean":
        return text.lower() in {"true", "false", "1", "0", "yes", "no", "on", "off"}
    try:
        float(text) if kind == "number" else int(text)
    except ValueError:
        return False
    return True


def _problem(loc: str, value: Any, kind: Kind, what: str, more: str) -> Problem:
    words = f"Input should be a valid {kind}{more}"
    return {"type": f"{_SHORT[kind]}_{what}", "loc": loc, "msg": words, "input": shown(value)}
