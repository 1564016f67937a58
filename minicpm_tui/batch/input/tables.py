"""Rows from comma, semicolon and tab separated tables with a header line, one at a time; VLMEvalKit's among them."""

from __future__ import annotations

import csv
import itertools
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from minicpm_tui.batch.input.encoding import encoding_of
from minicpm_tui.batch.input.fields import Fields
from minicpm_tui.batch.input.locate import readable
from minicpm_tui.batch.input.piped import base_of
from minicpm_tui.batch.input.record import Columns, record_row
from minicpm_tui.batch.records import Row
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line

_END = "\0end of the table"
"""A last line that no text has: it becomes a row of its own unless a quotation mark is left open."""
_SEPARATORS = {".tsv": "\t\t", ".csv": ",;\t"}
_LONGEST_REFERENCE = 64
"""A shorter ``image`` of VLMEvalKit's names the row whose picture it is (``vlmeval/dataset/image_base.py``)."""


def csv_rows(path: Path, columns: Columns) -> Iterator[Row]:
    """One row a record. Raises UsageError."""
    encoding = encoding_of(path)  # reads all of it
    with _records(path, encoding) as table:
        names = table.names
        known = Fields(dict.fromkeys(names))
        missing = [name for name in (*columns.files, columns.text, columns.id) if name and name not in known]
        if missing:
            raise UsageError(
                _("{path}: no column “{name}”").format(path=path, name=missing[0]),
                hint=_("available: {names}").format(names=", ".join(names)),
            )
        with _pictures(path, encoding, known) as pictures:
            for values in table:
                place = f"{path.name}:{table.line}"
                try:
                    if pictures is not None:
                        values[pictures.column] = pictures.of(values[pictures.column])
                    yield record_row(values, columns, place, base_of(path))
                except UsageError as error:
                    yield Row(place, error=error.message)


@contextmanager
def _records(path: Path, encoding: str) -> Iterator[_Table]:
    """Reads the table at ``path``. Raises UsageError also for what is no table."""
    with readable(path), path.open(encoding=encoding, newline="") as file:
        yield _Table(path, file)


class _Table:
    """The records of the table in ``file``, by the ``names`` of its columns; ``line`` is where the last one ended.

    Raises UsageError for what is no table, and for rows that do not fit its columns.
    """

    def __init__(self, path: Path, file: IO[str]) -> None:
        csv.field_size_limit(1 << 28)
        self._path = path
        separator = separator_of(path, file)
        self._reader = csv.reader(itertools.chain(file, (_END,)), delimiter=separator)
        self.line = 0
        self.names = tuple(name.strip() for name in next(self._rows(), ()))
        if twice := next((name for name in self.names if name and self.names.count(name) > 1), ""):
            hint = _("give each column its own name")
            raise UsageError(_("{path}: two columns are named “{name}”").format(path=path, name=twice), hint=hint)

    def __iter__(self) -> Iterator[dict[str, str]]:
        for row in self._rows():
            more, less = [cell for cell in row[len(self.names) :] if cell], self.names[len(row) :]
            place = f"{self._path}:{self.line}"
            if more:
                raise UsageError(
                    _("{place}: more cells than columns, “{cell}” is in none").format(place=place, cell=one_line(more[0], 40)),
                    hint=_("text that holds the separator needs quotes around it"),
                )
            if less:
                raise UsageError(
                    _("{place}: fewer cells than columns, none for “{name}”").format(place=place, name=less[0]),
                    hint=_("an empty cell needs its separator too"),
                )
            yield dict(zip(self.names, row, strict=False))

    def _rows(self) -> Iterator[list[str]]:
        """The rows that are not blank."""
        try:
            for row in self._reader:
                if row and row[-1].endswith(_END):
                    if row != [_END]:
                        place = f"{self._path}:{self.line + 1}"
                        raise UsageError(
                            _("{place}: a quotation mark is not closed").format(place=place),
                            hint=_("a quotation mark within quotes is written twice"),
                        )
                    return
                self.line = self._reader.line_num
                if (cell := next((cell for cell in row if "\0" in cell), None)) is not None:
                    raise UsageError(
                        _("{place}: a NUL character in the cell “{cell}”").format(
                            place=f"{self._path}:{self.line}", cell=one_line(cell, 40)
                        ),
                        hint=_("remove it: the file is damaged, or no text"),
                    )
                if row:
                    yield row
        except csv.Error as error:
            place = f"{self._path}:{self._reader.line_num}"
            raise UsageError(_("{place}: not a table: {error}").format(place=place, error=error)) from error


def separator_of(path: Path, file: IO[str]) -> str:
    """The one that the header has most of; where it has none, what the name says."""
    header = file.readline()
    file.seek(0)
    possible = _SEPARATORS.get(path.suffix.lower(), "\t,;")
    return max(possible, key=header.count)


@contextmanager
def _pictures(path: Path, encoding: str, names: Fields[None]) -> Iterator[_Pictures | None]:
    """The pictures that several rows share, where the table is VLMEvalKit's; they lie in a file meanwhile."""
    if not all(name in names for name in ("index", "question", "image")):
        yield None
        return
    column = names.written("image")
    with _records(path, encoding) as table:
        shared = {row[column] for row in table if row[column] and len(row[column]) <= _LONGEST_REFERENCE}
    with tempfile.TemporaryFile() as file:
        pictures = _Pictures(file, names.written("index"), column)
        if shared:
            with _records(path, encoding) as table:
                for row in table:
                    pictures.keep(row, shared)
        yield pictures


class _Pictures:
    """The pictures in base64 of ``column`` by the ``index`` of their row, in ``file``."""

    def __init__(self, file: IO[bytes], index: str, column: str) -> None:
        self.column = column
        self._index = index
        self._file = file
        self._places: dict[str, tuple[int, int]] = {}
        self._links: dict[str, str] = {}

    def keep(self, row: Mapping[str, str], shared: set[str]) -> None:
        """Keep the picture of ``row``, or which row has it, where its index is ``shared``."""
        index, image = row[self._index], row[self.column]
        if index in shared and len(image) > _LONGEST_REFERENCE:
            self._places[index] = (self._file.seek(0, 2), self._file.write(image.encode()))
        elif index in shared and image:
            self._links[index] = image

    def of(self, image: str) -> str:
        """The picture in the field ``image``, which may name another row's, and that one another's."""
        passed = set()
        while image in self._links and image not in passed:
            passed.add(image)
            image = self._links[image]
        if image not in self._places:
            return image
        place, size = self._places[image]
        self._file.seek(place)
        return self._file.read(size).decode()
