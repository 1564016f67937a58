"""From what was named on the command line to rows, one at a time: folders, globs, tables and single files."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from minicpm_tui.batch.input.arrow import PARQUET_MAGIC, arrow_rows, dataset_rows, holds_parquet, is_dataset
from minicpm_tui.batch.input.encoding import encoding_of
from minicpm_tui.batch.input.fields import FILE_FIELDS, ID_FIELDS, TEXT_FIELDS, Fields, numbered
from minicpm_tui.batch.input.json_lines import json_rows
from minicpm_tui.batch.input.locate import has_media_suffix, is_there, readable, without_part
from minicpm_tui.batch.input.overlooked import demand_files
from minicpm_tui.batch.input.path_list import SUFFIXES as LIST_SUFFIXES
from minicpm_tui.batch.input.path_list import list_rows, names_a_file
from minicpm_tui.batch.input.record import Columns
from minicpm_tui.batch.input.row_ids import RowIds
from minicpm_tui.batch.input.tables import csv_rows, separator_of
from minicpm_tui.batch.input.template import file_columns
from minicpm_tui.batch.input.webdataset import is_tar, tar_rows
from minicpm_tui.batch.names import writable
from minicpm_tui.batch.records import Row
from minicpm_tui.errors import MediaError, UsageError
from minicpm_tui.i18n import _
from minicpm_tui.media import expand
from minicpm_tui.media.data_url import is_base64_media
from minicpm_tui.media.sniff import HEAD, PAGED, PDF, sniff
from minicpm_tui.paths import expanded

JSON_SUFFIXES = {".jsonl", ".ndjson", ".json"}
CSV_SUFFIXES = {".csv", ".tsv"}
TAR_SUFFIXES = {".gz", ".tgz"}
EXCEL_SUFFIXES = {".xlsx", ".xlsm"}
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


def rows(inputs: Sequence[str], columns: Columns) -> Iterator[Row]:
    """All rows of ``inputs``, in their order; folders in the order of names.

    A number is kept of each row without an id, of others nothing: memory hardly grows. Raises UsageError for an input that is
    not there, cannot be read or has no rows.
    """
    ids = RowIds()
    for name in inputs:
        found = False
        for row in demand_files(_rows_of(name, columns)):
            found = True
            yield ids.given(row)
        if not found:
            raise UsageError(_("{input}: no pictures, videos or lines to ask about").format(input=name))


def _rows_of(name: str, columns: Columns) -> Iterator[Row]:
    if name.startswith(("http://", "https://", "data:")):
        yield _file_row(name, name)
        return
    path = expanded(name)
    if not name or (name.isspace() and not is_there(path)):
        raise UsageError(_("INPUT is empty"), hint=_("name a file or a folder; . is the current folder"))
    if not is_there(path) and is_base64_media(name):
        yield _file_row("data", f"data:;base64,{name}")
    elif path.is_dir() and (is_dataset(path) or (next(_walk(path), None) is None and holds_parquet(path))):
        yield from dataset_rows(path, columns)
    elif path.is_dir():
        for found in _walk(path):
            yield from _media_rows(found.relative_to(path).as_posix(), found)
    elif is_there(path):
        yield from _file_rows(name, path, columns)
    elif without_part(name) != name and is_there(expanded(without_part(name))):
        yield _file_row(name, name)
    elif glob.has_magic(name):
        yield from _glob_rows(str(path))
    else:
        raise UsageError(_("{name}: no such file or folder").format(name=name))


def _file_rows(name: str, path: Path, columns: Columns) -> Iterator[Row]:
    """By the file's content; by its name only where text could be several things."""
    suffix, head = path.suffix.lower(), _head(path)
    if not (path.is_file() or _is_media(path)):
        raise UsageError(
            _("{path} is not a regular file").format(path=path), hint=_("pipe a list of files in: find … | minicpm-tui batch -")
        )
    if not path.is_file():  # which preparing it will tell
        yield _file_row(os.path.normpath(name), str(path))
    elif head.startswith(PARQUET_MAGIC) or suffix == ".arrow":
        yield from arrow_rows(path, columns, path.name)
    elif is_tar(head) or (head.startswith(_GZIP) and suffix in TAR_SUFFIXES):
        yield from tar_rows(path, columns)
    elif head.startswith(_ZIP) and suffix in EXCEL_SUFFIXES:
        raise UsageError(_("{path} is an Excel workbook").format(path=path), hint=_("save it as CSV"))
    elif suffix in CSV_SUFFIXES:
        yield from csv_rows(path, columns)
    elif suffix in JSON_SUFFIXES or (not _is_media(path) and _begins_json(head)):
        yield from json_rows(path, columns)
    elif suffix in LIST_SUFFIXES or (head and not _is_media(path)):
        yield from _text_rows(path, columns)
    else:
        yield from _media_rows(os.path.normpath(name), path)


def _text_rows(path: Path, columns: Columns) -> Iterator[Row]:
    """A list of paths, or a table: what Excel calls Unicode text is one. Raises UsageError for other text."""
    if names_a_file(path):
        yield from list_rows(path, _media_rows, _walk)
        return
    with path.open(encoding=encoding_of(path)) as file:
        header = file.readline().strip("\n")
        separator = separator_of(path, file)
    known = {*FILE_FIELDS, *TEXT_FIELDS, *ID_FIELDS, *columns.files, columns.text, columns.id, "index"} - {""}
    names = Fields(dict.fromkeys(name.strip(' "') for name in header.split(separator)))
    if not (numbered(names) or any(name in names for name in known)):
        raise UsageError(
            _("{path}: its first line is neither a file nor the header of a table").format(path=path),
            hint=_("inputs are pictures, videos, folders, lists of paths, tables (CSV, TSV), JSON, tars and Parquet"),
        )
    yield from csv_rows(path, columns)


def _glob_rows(pattern: str) -> Iterator[Row]:
    root = _fixed_root(pattern)
    found = False
    for path in sorted(glob.iglob(pattern, recursive=True)):
        if Path(path).is_file() and _is_media(Path(path)):
            found = True
            yield from _media_rows(Path(path).relative_to(root).as_posix(), Path(path))
    if not found:
        raise UsageError(_("{pattern}: matches no picture or video").format(pattern=pattern))


def _fixed_root(pattern: str) -> Path:
    """The folder before the first wildcard."""
    parts: list[str] = []
    for part in Path(pattern).parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts) if parts else Path()


def _media_rows(name: str, path: Path) -> Iterator[Row]:
    """One row; for a PDF, or a TIFF or DICOM of several pages, one for each page."""
    if sniff(_head(path)) not in {PDF, *PAGED}:
        yield _file_row(name, str(path))
        return
    try:
        pages = [spec.page for spec in expand([str(path)])]
    except MediaError as error:
        yield Row(id=writable(name), error=str(error))
        return
    for page in pages:
        yield _file_row(f"{name}#page={page}", f"{path}#page={page}") if page else _file_row(name, str(path))


def _file_row(name: str, path: str) -> Row:
    name = writable(name)
    return Row(id=name, files=(path,), columns=file_columns(name))


def _walk(folder: Path) -> Iterator[Path]:
    """Pictures and videos under ``folder``, hidden names left out, sorted folder by folder."""
    with readable(folder):
        names = sorted(os.listdir(folder))
    for name in names:
        if name.startswith("."):
            continue
        path = folder / name
        if path.is_dir():
            if not path.is_symlink():  # a link may lead back up
                yield from _walk(path)
        elif path.is_file() and _is_media(path):
            yield path


def _is_media(path: Path) -> bool:
    """By content; by name too, so that a damaged picture becomes an error line instead of being passed over."""
    return has_media_suffix(path) or path.suffix.lower() == ".pdf" or _kind(path) != "other"


def _kind(path: Path) -> str:
    return sniff(_head(path)).kind


def _begins_json(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith((b"{", b"["))


def _head(path: Path) -> bytes:
    """Its first bytes; none for what cannot be read, which preparing it will tell. A pipe would keep us waiting."""
    if not path.is_file():
        return b""
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""
