"""The files of a record: paths, addresses, pictures in base64, and the objects that datasets wrap them in."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from minicpm_tui.decoding import DecodingError, json_value
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.media.data_url import data_url, is_base64_media, is_data_url

_WRAPPED = ("bytes", "path", "url", "image", "image_url", "video")
_LONGEST = 4096  # bytes of a path on Linux


def files_in(value: Any, place: str) -> Iterator[str]:
    """The files that ``value`` names, one after another; ``place`` is the line and the field.

    A list names several, also one that is written as text. Bytes and base64 become ``data:`` URLs. Raises UsageError.
    """
    if isinstance(value, (list, tuple)):
        for number, each in enumerate(value):
            yield from files_in(each, f"{place}[{number}]")
    elif isinstance(value, Mapping):
        inner = next((value[name] for name in _WRAPPED if value.get(name)), None)
        if inner is None:
            raise UsageError(_("{place}: a file must be a path, a URL or base64").format(place=place))
        yield from files_in(inner, place)
    elif isinstance(value, bytes):
        yield data_url(value)
    elif isinstance(value, str):
        yield from _files_in_text(value.strip(), place)
    elif value is not None:
        raise UsageError(_("{place}: a file must be a path, a URL or base64").format(place=place))


def _files_in_text(text: str, place: str) -> Iterator[str]:
    if text.startswith("[") and (several := _list_in(text)) is not None:
        yield from files_in(several, place)
    elif is_base64_media(text):
        yield f"data:;base64,{text}"
    elif not is_data_url(text) and len(text.encode(errors="surrogatepass")) > _LONGEST:
        raise UsageError(_("{place}: too long for a path, and no picture in base64").format(place=place))
    elif text:
        yield text


def _list_in(text: str) -> list[Any] | None:
    """The list that ``text`` is, as JSON or as Python writes it; None for a name that begins with a bracket."""
    try:
        found = json_value(text)
    except DecodingError:
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return found if isinstance(found, list) else None
