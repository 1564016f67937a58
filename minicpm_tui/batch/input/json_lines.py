"""Rows from JSON: our own lines, the OpenAI batch format, and conversations, one at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from minicpm_tui.batch.input.locate import readable
from minicpm_tui.batch.input.piped import base_of
from minicpm_tui.batch.input.record import Columns, record_row, scalars
from minicpm_tui.batch.records import Row
from minicpm_tui.decoding import DecodingError, decode_json, json_value
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

_MARK = b"\xef\xbb\xbf"
CHAT_URL = "/v1/chat/completions"


def json_rows(path: Path, columns: Columns) -> Iterator[Row]:
    """One row a line; a line that is not understood becomes a row with its error. Raises UsageError.

    A file that is one array gives one row an element; it alone is read as a whole.
    """
    with readable(path), path.open("rb") as file:
        lines: Iterable[bytes] = file
        if _first_byte(file) == b"[" and path.suffix.lower() != ".jsonl":
            lines = _elements(path, file.read())
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _json_row(line, path, number, columns)


def _first_byte(file: IO[bytes]) -> bytes:
    """The first that is no white space; a byte order mark is passed over."""
    head = file.read(4096)
    file.seek(len(_MARK) if head.startswith(_MARK) else 0)
    return head.removeprefix(_MARK).lstrip()[:1]


def _elements(path: Path, data: bytes) -> Iterator[bytes]:
    try:
        yield from map(bytes, decode_json(data, list[msgspec.Raw], limit=sys.maxsize))
    except DecodingError as error:
        raise UsageError(_("{path}: not JSON: {error}").format(path=path, error=error)) from error


def _json_row(line: bytes, path: Path, number: int, columns: Columns) -> Row:
    place = f"{path.name}:{number}"
    try:
        record = json_value(line, limit=sys.maxsize)
    except DecodingError as error:
        return Row(place, error=_("{place}: not JSON: {error}").format(place=place, error=error))
    if not isinstance(record, dict):
        return Row(place, error=_("{place}: not a JSON object").format(place=place))
    if "body" in record and ("custom_id" in record or "url" in record):
        return _openai_row(record, place)
    try:
        return record_row(record, columns, place, base_of(path))
    except UsageError as error:
        return Row(place, error=error.message)


def _openai_row(record: dict[str, Any], place: str) -> Row:
    """A line made for ``vllm run-batch`` or OpenAI's batch API."""
    name = str(record.get("custom_id") or place)
    body = record["body"]
    if (url := record.get("url", CHAT_URL)) != CHAT_URL:
        return Row(name, error=_("{place}: {url} is not supported, only {chat}").format(place=place, url=url, chat=CHAT_URL))
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        return Row(name, error=_("{place}: the body has no messages").format(place=place))
    return Row(name, body=body, columns=scalars(record), place=place)
