"""JSON for a pipe that may end at a terminal."""

from __future__ import annotations

import re
import sys

import msgspec

from minicpm_tui.exact_json import encode_exactly

_STEERING = re.compile(r"[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""What JSON allows in texts though a terminal obeys it; it stands nowhere else in a document."""


def json_text(value: object, *, indent: int = 0) -> str:
    """``value`` on one line, or indented by so many columns; what could steer a terminal is escaped."""
    data = encode_exactly(value)
    text = (msgspec.json.format(data, indent=indent) if indent else data).decode()
    return _STEERING.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def print_json(value: object) -> None:
    """One JSON document, indented."""
    sys.stdout.buffer.write(json_text(value, indent=2).encode() + b"\n")
    sys.stdout.buffer.flush()
