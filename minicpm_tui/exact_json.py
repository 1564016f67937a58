"""JSON of our own that may name files: a name whose bytes are no UTF-8 comes back as it was.

Python has such bytes as halves of surrogate pairs (PEP 383), which msgspec neither writes nor reads; JSON has escapes for
them.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from minicpm_tui.decoding import DecodingError, decode_json

T = TypeVar("T")


def encode_exactly(value: object) -> bytes:
    """``value`` as JSON on one line, without a newline."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        import json  # the start has no need of it

        return json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()


def decode_exactly(data: bytes, kind: type[T]) -> T:
    """The ``kind`` that ``encode_exactly`` has written. Raises DecodingError."""
    try:
        return decode_json(data, kind)
    except DecodingError:
        if b"\\ud" not in data:
            raise
        import json

        try:
            return msgspec.convert(json.loads(data), kind)
        except (ValueError, RecursionError) as error:
            raise DecodingError(str(error)) from None
