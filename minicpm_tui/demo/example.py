"""A JSON value that fits a schema, for requests that ask for structured output."""

from __future__ import annotations

import json
from typing import Any

from minicpm_tui.demo.prompt import Prompt

_DEPTH = 12


def example_of(schema: dict[str, Any], prompt: Prompt) -> str:
    """JSON text of the schema's shape; strings and numbers in it are facts about the first picture where their names say so."""
    return json.dumps(_Example(schema, prompt).value(schema, "", 0), ensure_ascii=False)


class _Example:
    def __init__(self, root: dict[str, Any], prompt: Prompt) -> None:
        self._root = root
        seen = prompt.items[-1].seen if prompt.items else None
        colours = [name for name, _share in seen.colours[0]] if seen else []
        self._facts: dict[str, Any] = {"width": seen.width, "height": seen.height, "format": seen.format} if seen else {}
        self._text = f"{seen.width}×{seen.height} {' '.join(colours)}".strip() if seen else "demo"

    def value(self, schema: Any, name: str, depth: int) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if isinstance(choices := schema.get("enum"), list) and choices:
            return choices[0]
        kind = _kind(schema)
        if depth > _DEPTH:
            return None
        if kind == "object":
            properties = schema.get("properties")
            named = properties if isinstance(properties, dict) else {}
            return {key: self.value(inner, key, depth + 1) for key, inner in named.items()}
        if kind == "array":
            return [self.value(schema.get("items"), name, depth + 1) for _ in range(max(1, _limit(schema, "minItems", 1)))]
        return self._plain(kind, schema, name)

    def _plain(self, kind: str, schema: dict[str, Any], name: str) -> Any:
        if kind in {"integer", "number"}:
            fact = self._facts.get(name.lower())
            return fact if isinstance(fact, int) else _limit(schema, "minimum", 0)
        if kind == "boolean":
            return True
        if kind == "null":
            return None
        text = str(self._facts.get(name.lower(), self._text))
        return text[: _limit(schema, "maxLength", len(text))].ljust(_limit(schema, "minLength", 0), ".")

    def _resolved(self, schema: Any) -> dict[str, Any]:
        """The schema that a reference or the first alternative stands for; an empty one for what is none."""
        for _step in range(_DEPTH):
            if not isinstance(schema, dict):
                return {}
            choices = next((schema[key] for key in ("anyOf", "oneOf", "allOf") if isinstance(schema.get(key), list)), None)
            if isinstance(schema.get("$ref"), str):
                schema = self._at(schema["$ref"])
            elif choices:
                schema = choices[0]
            else:
                break
        return schema if isinstance(schema, dict) else {}

    def _at(self, pointer: str) -> Any:
        found: Any = self._root
        for key in filter(None, pointer.removeprefix("#").split("/")):
            found = found.get(key) if isinstance(found, dict) else None
        return found


def _kind(schema: dict[str, Any]) -> str:
    """The type that the value shall have, the first but null of several."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    return str(kind) if kind else "object" if "properties" in schema else "string"


def _limit(schema: dict[str, Any], name: str, default: int) -> int:
    value = schema.get(name)
    return int(value) if isinstance(value, (int, float)) else default
