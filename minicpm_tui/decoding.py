"""JSON and TOML that others wrote, or a crash: whatever the bytes are, the answer is a value or one kind of error.

msgspec raises UnicodeDecodeError for bytes that are no UTF-8 and RecursionError for what is nested too deep, neither of which is
its DecodeError; the json module and tomllib do the same.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from minicpm_tui.i18n import _

SIZE_LIMIT = 64_000_000
"""Bytes."""
DEPTH_LIMIT = 200
"""Arrays and objects inside each other; what is read can then also be walked through, compared and written."""

T = TypeVar("T")


class DecodingError(ValueError):
    """Bytes that are not what they should be; the text says why, for people."""


def read_bounded(path: Path, limit: int = SIZE_LIMIT) -> bytes:
    """What is in a file of ours, whatever took its place: a pipe would keep us waiting, a device would never end.

    Raises OSError, also for a pipe, and DecodingError for more than ``limit`` bytes.
    """
    with io.FileIO(path, opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, _("it is a pipe, not a file"), str(path))
        data = bytearray()
        while piece := file.read(1 << 20):
            data += piece
            if len(data) > limit:
                raise _too_large(limit)
        return bytes(data)


class JsonDecoder(Generic[T]):
    """Decodes JSON as ``kind``, for the many times that it is used."""

    def __init__(self, kind: type[T], limit: int = SIZE_LIMIT) -> None:
        self._decode = msgspec.json.Decoder(kind).decode
        self._limit = limit

    def decode(self, data: bytes | str) -> T:
        """Raises DecodingError for what is no ``kind``, no JSON, no UTF-8, nested too deep, or larger than the limit."""
        if len(data) > self._limit:
            raise _too_large(self._limit)
        try:
            return self._decode(data)
        except RecursionError:
            raise too_deep() from None
        except ValueError as error:
            raise DecodingError(str(error)) from None


@cache
def _decoder(kind: Any, limit: int) -> JsonDecoder[Any]:
    return JsonDecoder(kind, limit)


def decode_json(data: bytes | str, kind: type[T], *, limit: int = SIZE_LIMIT) -> T:
    """The ``kind`` that ``data`` holds. Raises DecodingError."""
    hashable: Any = kind
    value: T = _decoder(hashable, limit).decode(data)
    return value


def json_value(data: bytes | str, *, limit: int = SIZE_LIMIT) -> Any:
    """Whatever JSON ``data`` holds, at most ``DEPTH_LIMIT`` deep. Raises DecodingError."""
    value = _decoder(Any, limit).decode(data)
    _check_depth(value)
    return value


def json_object(data: bytes | str, *, limit: int = SIZE_LIMIT) -> dict[str, Any]:
    """The JSON object in ``data``. Raises DecodingError, also for another kind of value."""
    value = json_value(data, limit=limit)
    if not isinstance(value, dict):
        raise DecodingError(_("not a JSON object"))
    return value


def lenient_json(data: bytes, *, limit: int = SIZE_LIMIT) -> Any:
    """Like ``json_value``, but forgiving: a BOM, NaN, raw control characters, and U+FFFD for bytes that are no UTF-8.

    Halves of surrogate pairs stay in the texts: see ``whole_text``. Raises DecodingError.
    """
    import json  # the start has no need of it

    if len(data) > limit:
        raise _too_large(limit)
    try:
        value = json.loads(data.decode("utf-8-sig", "replace"), strict=False)
    except RecursionError:
        raise too_deep() from None
    except ValueError as error:
        raise DecodingError(str(error)) from None
    _check_depth(value)
    return value


def whole_text(text: str) -> str:
    """``text`` with the halves of surrogate pairs joined where they stand side by side, and U+FFFD for those left alone."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def whole_number(value: Any) -> int | None:
    """A count that may be written as a float or a text; None for everything else."""
    try:
        return None if isinstance(value, bool) else int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def decode_toml(data: bytes) -> dict[str, Any]:
    """The table in a TOML file. Raises DecodingError."""
    import tomllib  # a start without a file of the user's has no need of it

    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise too_deep() from None
    except ValueError as error:
        raise DecodingError(str(error)) from None


def _check_depth(value: Any) -> None:
    level, depth = [value], 1
    while level := [inner for each in level for inner in _inside(each)]:
        depth += 1
        if depth > DEPTH_LIMIT:
            raise too_deep()


def _inside(value: Any) -> list[Any]:
    """The arrays and objects in ``value``."""
    if isinstance(value, dict):
        return [each for each in value.values() if isinstance(each, dict | list)]
    return [each for each in value if isinstance(each, dict | list)] if isinstance(value, list) else []


def too_deep() -> DecodingError:
    """For what is nested more than ``DEPTH_LIMIT`` deep, or than Python can follow."""
    return DecodingError(_("nested too deep"))


def _too_large(limit: int) -> DecodingError:
    return DecodingError(_("larger than {limit} MB").format(limit=limit // 1_000_000))
