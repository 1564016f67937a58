"""The arguments of a server's start, as its log repeats them."""

from __future__ import annotations

import ast
import re
from typing import Any

_NOT_DEFAULT = re.compile(r"non-default args: (\{.*\})")
_NAMESPACE = re.compile(r"\bargs: Namespace\((.*)")
_FIELD = re.compile(r"(?:^|, )(\w+)=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\{[^{}]*\}|\[[^\[\]]*\]|[^,()\s]+)(?=, |\)|$)")


def arguments_of(message: str) -> dict[str, Any] | None:
    """What ``message`` says; None when it is no such line.

    Since 0.9 it is a dictionary of what was set, up to 0.8.5 an ``argparse.Namespace`` of everything.
    """
    if match := _NOT_DEFAULT.search(message):
        found = _literal(match[1])
        return found if isinstance(found, dict) else None
    if match := _NAMESPACE.search(message):
        values = {name: _literal(text) for name, text in _FIELD.findall(match[1])}
        return {name: value for name, value in values.items() if value is not None}
    return None


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
