"""Rows from JSON lines (our own and the OpenAI batch format) and from CSV, one at a time."""

from __future__ import annotations

import csv
import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec

from minicpm_tui.batch.input.locate import readable
from minicpm_tui.batch.input.template import file_columns
from minicpm_tui.batch.records import Row
from minicpm_tui.decoding import DecodingError, decode_json, json_value
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

_MARK = b"\xef\xbb\xbf"
CHAT_URL = "/v1/chat/completions"
FILE_FIELDS = ("files", "file", "images", "image", "videos", "video", "filename")
TEXT_FIELDS = ("text", "prompt", "question")
ID_FIELDS = ("id", "custom_id")
_SEPARATORS = {".tsv": "\t", ".csv": ","}


@dataclass(frozen=True)
class Columns:
    """Which columns of a table hold what; empty: the usual names. Several file columns make several pictures a request."""

    files: tuple[str, ...] = ()
    text: str = ""
    id: str = ""


USUAL = Columns()


def json_rows(path: Path, columns: Columns) -> Iterator[Row]:
    """One row a line; a line that is not understood becomes a row with its error. Raises UsageError.

    A ``.json`` file that is one array gives one row an element; it alone is read as a whole.
    """
    with readable(path), path.open("rb") as file:
        lines: Iterable[bytes] = file
        if _first_byte(file) == b"[" and path.suffix.lower() == ".json":
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
        return _record_row(record, columns, place, path.parent)
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
    scalars = {key: _text(value) for key, value in record.items() if not isinstance(value, (dict, list))}
    return Row(name, body=body, columns=scalars)


def csv_rows(path: Path, columns: Columns) -> Iterator[Row]:
    """One row a record of a comma or tab separated table with a header line. Raises UsageError."""
    with readable(path), path.open(encoding=_encoding(path), newline="") as file:
        csv.field_size_limit(1 << 26)
        reader = csv.DictReader(file, delimiter=_delimiter(path, file))
        names = tuple(reader.fieldnames or ())
        missing = [name for name in (*columns.files, columns.text, columns.id) if name and name not in names]
        if missing:
            raise UsageError(
                _("{path}: no column “{name}”").format(path=path, name=missing[0]),
                hint=_("available: {names}").format(names=", ".join(names)),
            )
        for record in reader:
            place = f"{path.name}:{reader.line_num}"
            values = {key: value or "" for key, value in record.items() if isinstance(key, str)}
            try:
                yield _record_row(values, columns, place, path.parent)
            except UsageError as error:
                yield Row(place, error=error.message)


def _delimiter(path: Path, file: IO[str]) -> str:
    if separator := _SEPARATORS.get(path.suffix.lower()):
        header = file.readline()
        file.seek(0)
        return ";" if separator == "," and ";" in header and "," not in header else separator
    return ","


def _encoding(path: Path) -> str:
    """UTF-8, or what spreadsheets in China write."""
    try:
        with path.open(encoding="utf-8") as file:
            for _chunk in iter(lambda: file.read(1 << 20), ""):
                pass
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _record_row(record: Mapping[str, Any], columns: Columns, place: str, base: Path) -> Row:
    files = tuple(_files(record, columns.files, place))
    text = _first(record, (columns.text,) if columns.text else TEXT_FIELDS)
    name = _first(record, (columns.id,) if columns.id else ID_FIELDS) or (files[0] if files else place)
    system = record.get("system")
    known = {key: _text(value) for key, value in record.items() if not isinstance(value, (dict, list))}
    return Row(
        id=name,
        files=files,
        text=text,
        system=None if system is None else _text(system),
        columns={**(file_columns(files[0]) if files else {}), "text": text, **known},
        base=base,
    )


def _files(record: Mapping[str, Any], chosen: tuple[str, ...], place: str) -> Iterator[str]:
    names = chosen or FILE_FIELDS
    present = [name for name in names if record.get(name)]
    for value in itertools.chain.from_iterable(_as_list(record[name]) for name in (present if chosen else present[:1])):
        if not isinstance(value, str):
            raise UsageError(_("{place}: a file must be a path or a URL").format(place=place))
        if value.strip():
            yield value.strip()


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((_text(record[name]) for name in names if record.get(name) not in (None, "")), "")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
