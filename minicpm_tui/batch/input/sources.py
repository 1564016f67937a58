"""From what was named on the command line to rows, one at a time: folders, globs, tables and single files."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from minicpm_tui.batch.input.locate import readable, without_part
from minicpm_tui.batch.input.rows import Columns, csv_rows, json_rows
from minicpm_tui.batch.input.template import file_columns
from minicpm_tui.batch.records import Row
from minicpm_tui.errors import MediaError, UsageError
from minicpm_tui.i18n import _
from minicpm_tui.media import expand
from minicpm_tui.media.sniff import HEAD, PDF, TIFF, sniff

JSON_SUFFIXES = {".jsonl", ".ndjson", ".json"}
CSV_SUFFIXES = {".csv", ".tsv"}
PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif"}
VIDEO_SUFFIXES = {".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".flv", ".wmv", ".mpg", ".mpeg"}


def rows(inputs: Sequence[str], columns: Columns) -> Iterator[Row]:
    """All rows of ``inputs``, in their order; folders in the order of names. Nothing is kept: memory does not grow.

    Raises UsageError for an input that is not there or cannot be read.
    """
    for name in inputs:
        yield from _rows_of(name, columns)


def _rows_of(name: str, columns: Columns) -> Iterator[Row]:
    if name.startswith(("http://", "https://", "data:")):
        yield _file_row(name, name)
        return
    path = Path(name).expanduser()
    if path.is_dir():
        for found in _walk(path):
            yield from _media_rows(found.relative_to(path).as_posix(), found)
    elif path.exists():
        yield from _file_rows(name, path, columns)
    elif without_part(name) != name and Path(without_part(name)).expanduser().exists():
        yield _file_row(name, name)
    elif glob.has_magic(name):
        yield from _glob_rows(str(path))
    else:
        raise UsageError(_("{name}: no such file or folder").format(name=name))


def _file_rows(name: str, path: Path, columns: Columns) -> Iterator[Row]:
    suffix = path.suffix.lower()
    if suffix in CSV_SUFFIXES:
        yield from csv_rows(path, columns)
    elif suffix in JSON_SUFFIXES or (not _is_media(path) and _begins_json(path)):
        yield from json_rows(path, columns)
    else:
        yield from _media_rows(os.path.normpath(name), path)


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
    """One row; for a PDF, or a TIFF of several pages, one for each page."""
    if sniff(_head(path)) not in {PDF, TIFF}:
        yield _file_row(name, str(path))
        return
    try:
        pages = [spec.page for spec in expand([str(path)])]
    except MediaError as error:
        yield Row(id=_writable(name), error=str(error))
        return
    for page in pages:
        yield _file_row(f"{name}#page={page}", f"{path}#page={page}") if page else _file_row(name, str(path))


def _file_row(name: str, path: str) -> Row:
    name = _writable(name)
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
    return path.suffix.lower() in PICTURE_SUFFIXES | VIDEO_SUFFIXES or _kind(path) != "other"


def _kind(path: Path) -> str:
    return sniff(_head(path)).kind


def _writable(name: str) -> str:
    """A name that is not UTF-8 has no place in JSON."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _begins_json(path: Path) -> bool:
    return _head(path).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _head(path: Path) -> bytes:
    """Its first bytes; none for what cannot be read, which preparing it will tell."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""
