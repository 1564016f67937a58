"""Errors of pydantic in a log: since 0.9.1 vLLM's settings are checked by it, and the cause stands in an indented line below."""

from __future__ import annotations

import re

HEAD = re.compile(r"^(?:[\w.]+\.)?ValidationError: \d+ validation errors? for \w+")
_CAUSE = re.compile(r"^  (?:Value error, |Assertion failed, )?(?P<said>\S.*?)(?: \[type=\w+(?:,.*)?)?$")
_RAISED = re.compile(r"^  (?:Value error|Assertion failed), ")


def raised(text: str) -> str | None:
    """What a validator of vLLM's own said, without pydantic's words around it; None for any other line of a log."""
    return said(text) if _RAISED.match(text) else None


def said(text: str) -> str | None:
    """The cause that an indented line below ``HEAD`` names; None for a line that is none, such as the name of the field."""
    match = _CAUSE.match(text)
    return match["said"] if match else None
