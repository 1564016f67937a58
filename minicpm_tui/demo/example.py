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

    def value(self, schema: dict[str, Any], name: str, depth: int) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        kind = schema.get("type") or ("object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if depth > _DEPTH:
            return None
        if kind == "object":
            return {key: self.value(inner, key, depth + 1) for key, inner in (schema.get("properties") or {}).items()}
        if kind == "array":
            return [self.value(schema.get("items") or {}, name, depth + 1) for _ in range(max(1, schema.get("minItems", 1)))]
        return self._plain(kind, schema, name)

    def _plain(self, kind: str, schema: dict[str, Any], name: str) -> Any:
        if kind in {"integer", "number"}:
            fact = self._facts.get(name.lower())
            return fact if isinstance(fact, int) else schema.get("minimum", 0)
        if kind == "string":
            text = str(self._facts.get(name.lower(), self._text))
            return text[: schema["maxLength"]] if "maxLength" in schema else text.ljust(schema.get("minLength", 0), ".")
        return True if kind == "boolean" else None

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        for _step in range(_DEPTH):
            if isinstance(schema.get("$ref"), str):
                target: Any = self._root
                for key in schema["$ref"].removeprefix("#").strip("/").split("/"):
                    target = target.get(key, {}) if key and isinstance(target, dict) else target
                schema = target
            elif choices := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
                schema = choices[0]
            else:
                break
        return schema
