"""Rows from comma, semicolon and tab separated tables with a header line, one at a time; VLMEvalKit's among them."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from minicpm_tui.batch.input.encoding import encoding_of
from minicpm_tui.batch.input.locate import readable
from minicpm_tui.batch.input.record import Columns, record_row
from minicpm_tui.batch.records import Row
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

_SEPARATORS = {".tsv": "\t\t", ".csv": ",;\t"}
_LONGEST_REFERENCE = 64
"""A shorter ``image`` of VLMEvalKit's names the row whose picture it is (``vlmeval/dataset/image_base.py``)."""


def csv_rows(path: Path, columns: Columns) -> Iterator[Row]:
    """One row a record. Raises UsageError."""
    encoding = encoding_of(path)  # reads all of it
    with _records(path, encoding) as reader:
        names = tuple(reader.fieldnames or ())
        missing = [name for name in (*columns.files, columns.text, columns.id) if name and name not in names]
        if missing:
            raise UsageError(
                _("{path}: no column “{name}”").format(path=path, name=missing[0]),
                hint=_("available: {names}").format(names=", ".join(names)),
            )
        with _pictures(path, encoding, names) as pictures:
            for record in reader:
                place = f"{path.name}:{reader.line_num}"
                values = {key: value or "" for key, value in record.items() if isinstance(key, str)}
                try:
                    if pictures is not None:
                        values["image"] = pictures.of(values["image"])
                    yield record_row(values, columns, place, path.parent)
                except UsageError as error:
                    yield Row(place, error=error.message)


@contextmanager
def _records(path: Path, encoding: str) -> Iterator[Any]:
    """Reads the table at ``path``. Raises UsageError also for what is no table."""
    with readable(path), path.open(encoding=encoding, newline="") as file:
        csv.field_size_limit(1 << 28)
        reader: csv.DictReader[str] = csv.DictReader(file, delimiter=separator_of(path, file))
        try:
            yield reader
        except csv.Error as error:
            place = f"{path}:{reader.line_num}"
            raise UsageError(_("{place}: not a table: {error}").format(place=place, error=error)) from error


def separator_of(path: Path, file: IO[str]) -> str:
    """The one that the header has most of; where it has none, what the name says."""
    header = file.readline()
    file.seek(0)
    possible = _SEPARATORS.get(path.suffix.lower(), "\t,;")
    return max(possible, key=header.count)


@contextmanager
def _pictures(path: Path, encoding: str, names: tuple[str, ...]) -> Iterator[_Pictures | None]:
    """The pictures that several rows share, where the table is VLMEvalKit's; they lie in a file meanwhile."""
    if not {"index", "question", "image"} <= set(names):
        yield None
        return
    with _records(path, encoding) as reader:
        shared = {row["image"] for row in reader if row["image"] and len(row["image"]) <= _LONGEST_REFERENCE}
    with tempfile.TemporaryFile() as file:
        pictures = _Pictures(file)
        if shared:
            with _records(path, encoding) as reader:
                for row in reader:
                    pictures.keep(row, shared)
        yield pictures


class _Pictures:
    """Pictures in base64 by the index of their row, in ``file``."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._places: dict[str, tuple[int, int]] = {}

    def keep(self, row: Mapping[str, Any], shared: set[str]) -> None:
        index, image = str(row.get("index")), row.get("image") or ""
        if index in shared and len(image) > _LONGEST_REFERENCE:
            self._places[index] = (self._file.seek(0, 2), self._file.write(image.encode()))

    def of(self, image: str) -> str:
        """The picture in the field ``image``, which may name another row's."""
        if image not in self._places:
            return image
        place, size = self._places[image]
        self._file.seek(place)
        return self._file.read(size).decode()
