"""Pictures that an input speaks of while none of its fields is taken for one: it would be asked without them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from minicpm_tui.batch.input.fields import TEXT_FIELDS, Fields
from minicpm_tui.batch.input.locate import has_media_suffix, without_part
from minicpm_tui.batch.input.marks import first_mark
from minicpm_tui.batch.records import Row
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.media.data_url import is_base64_media, is_data_url
from minicpm_tui.text import one_line

_SAID = Fields(dict.fromkeys((*TEXT_FIELDS, "query", "instruction", "input", "response", "output", "system", "answer")))
"""Fields that hold words, which may end with the name of a file."""
_LONGEST = 1024
_SHOWN = 40


def overlooked(record: Mapping[str, Any], question: str) -> tuple[str, str] | None:
    """What stands for a picture or a video in ``record``, which has no files, and the names of its fields; None without any."""
    values = (value for name, value in record.items() if name not in _SAID and value != question)
    sign = first_mark(question) or next((str(value) for value in map(_first, values) if _names_media(value)), "")
    return (one_line(sign, _SHOWN), ", ".join(record)) if sign else None


def demand_files(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows of one input. Raises UsageError behind the last when something was overlooked and none of them has a file."""
    found, first = False, None
    for row in rows:
        found = found or bool(row.files)
        if first is None and row.overlooked is not None:
            first = row
        yield row
    if first is not None and first.overlooked is not None and not found:
        sign, names = first.overlooked
        raise UsageError(
            _("{place}: “{sign}” stands for a picture or a video, but no column is taken for one").format(
                place=first.place, sign=sign
            ),
            hint=_("available: {names}; --file-column names it, --file-column= says that there is none").format(names=names),
        )


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, (list, tuple)) and value else value


def _names_media(value: Any) -> bool:
    if not isinstance(value, str):
        return isinstance(value, bytes)
    text = value.strip()
    if is_data_url(text) or is_base64_media(text):
        return True
    if not text or len(text) > _LONGEST or "\n" in text:
        return False
    path = urlsplit(text).path if text.startswith(("http://", "https://")) else without_part(text)
    return has_media_suffix(PurePath(path))
