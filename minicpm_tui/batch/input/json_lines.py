"""Rows from JSON: our own lines, the OpenAI batch format, and conversations, one at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.batch.input.encoding import encoding_of
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

    A file that is one array gives one row an element; it alone is read as a whole. Objects over several lines are refused.
    """
    with readable(path):
        (first, second), lines = _first_two(path), _lines(path)
        if first.startswith(b"[") and path.suffix.lower() != ".jsonl":
            lines = _elements(path, b"".join(lines))
        elif _goes_on(first, second):
            raise UsageError(
                _("{path}: an object must be on one line").format(path=path),
                hint=_("write one object a line, or all in one array in a .json file"),
            )
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _json_row(line, path, number, columns)


def _lines(path: Path) -> Iterator[bytes]:
    """The lines in UTF-8, without a byte order mark."""
    with path.open("rb") as file:
        head = file.read(256)
        if not (b"\0" in head and encoding_of(path).startswith("utf-16")):
            file.seek(len(_MARK) if head.startswith(_MARK) else 0)
            yield from file
            return
    with path.open(encoding=encoding_of(path), newline="\n") as text:
        for line in text:
            yield line.encode()


def _first_two(path: Path) -> tuple[bytes, bytes]:
    """The first two lines that are not blank."""
    found = filter(None, map(bytes.strip, _lines(path)))
    return next(found, b""), next(found, b"")


def _goes_on(line: bytes, following: bytes) -> bool:
    """Whether an object begins in ``line`` and goes on in the one ``following``: behind one that was torn off begins the next."""
    opened = line.startswith(b"{") and line.endswith((b"{", b"[", b",")) and not line.endswith(b"},")
    return line == b"[" or (opened and following != b"" and not following.startswith(b"{"))


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
    return record_row(record, columns, place, base_of(path))


def _openai_row(record: dict[str, Any], place: str) -> Row:
    """A line made for ``vllm run-batch`` or OpenAI's batch API."""
    name = str(record.get("custom_id") or place)
    body = record["body"]
    if (url := record.get("url", CHAT_URL)) != CHAT_URL:
        return Row(name, error=_("{place}: {url} is not supported, only {chat}").format(place=place, url=url, chat=CHAT_URL))
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        return Row(name, error=_("{place}: the body has no messages").format(place=place))
    return Row(name, body=body, columns=scalars(record), place=place)
