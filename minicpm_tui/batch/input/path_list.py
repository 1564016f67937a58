"""A text file with a path or an address on each line, as ``find``, ``ls`` and ``git ls-files`` print them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

from minicpm_tui.batch.digests import digest
from minicpm_tui.batch.input.encoding import UTF16_MARKS, encoding_of
from minicpm_tui.batch.input.locate import has_media_suffix, is_there, local_path, readable, without_part
from minicpm_tui.batch.input.piped import base_of
from minicpm_tui.batch.records import Row
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

SUFFIXES = {".txt", ".lst", ".list"}
_PATHS = ("/", "./", "../", "~/", "file://")
_SEPARATORS = "\t,;"


def list_rows(
    path: Path, rows_of: Callable[[str, Path], Iterator[Row]], files_in: Callable[[Path], Iterator[Path]]
) -> Iterator[Row]:
    """The rows that ``rows_of`` makes of each name and the file it stands for; of a folder, of each of ``files_in`` it.

    Relative ones lie beside the list, or in the current folder. A line that names no file becomes a row with its error; one that
    was there before is passed over. Raises UsageError.
    """
    seen: set[bytes] = set()

    def is_new(name: str) -> bool:
        known = len(seen)
        seen.add(digest(name))
        return len(seen) > known

    for number, name in _names(path):
        if not is_new(name):
            continue
        found = local_path(name, base_of(path))
        if found is None:
            yield Row(id=name, files=(name,))
        elif not is_there(found):
            yield Row(id=name, error=_("{place}: there is no file {name}").format(place=f"{path.name}:{number}", name=name))
        elif found.is_dir():
            none = True
            for file in files_in(found):
                none = False
                if is_new(inner := f"{name.rstrip('/')}/{file.relative_to(found).as_posix()}"):
                    yield from rows_of(inner, file)
            if none:
                place = f"{path.name}:{number}"
                yield Row(id=name, error=_("{place}: no pictures or videos in the folder {name}").format(place=place, name=name))
        else:
            yield from rows_of(name, found)


def names_a_file(path: Path) -> bool:
    """Whether the first line of the text at ``path`` names a file, which need not be there, or zeros end its lines.

    Raises UsageError.
    """
    if _has_zeros(path):
        return True
    name = next((name for _number, name in _names(path)), "")
    if not name:
        return False
    found = local_path(name, base_of(path))
    return found is None or is_there(found) or _looks_like_a_path(name)


def _looks_like_a_path(line: str) -> bool:
    """Not where it could be a row of a table."""
    named = line.startswith(_PATHS) or has_media_suffix(PurePath(without_part(line)))
    return named and not any(separator in line for separator in _SEPARATORS)


def _names(path: Path) -> Iterator[tuple[int, str]]:
    """The names with the numbers of their lines; one that is no UTF-8 spoils no other."""
    with readable(path):
        if _has_zeros(path):
            lines = enumerate(path.read_bytes().split(b"\0"), 1)
            yield from ((number, os.fsdecode(line)) for number, line in lines if line)
            return
        encoding = _encoding(path)
        with path.open(encoding=encoding or "utf-8-sig", errors="surrogateescape") as text:
            for number, line in enumerate(text, 1):
                if name := line.strip():
                    yield number, name if encoding else _name_of(name, base_of(path))


def _has_zeros(path: Path) -> bool:
    """Whether a zero ends each name, as ``find -print0`` has it: not every other byte is one, as in UTF-16."""
    with readable(path), path.open("rb") as file:
        head = file.read(4096)
    utf16 = head.startswith(UTF16_MARKS) or any(pair in head for pair in (b"\0\0", b"\n\0", b"\0\n"))
    return b"\0" in head and not utf16


def _encoding(path: Path) -> str:
    """That of the whole list; empty where some names are no UTF-8: they may be bytes on this disk, or GB 18030."""
    try:
        found = encoding_of(path)
    except UsageError:
        return ""
    return "" if found == "gb18030" else found


def _name_of(name: str, base: Path | None) -> str:
    """``name`` with its bytes as they are where there is such a file, else read as GB 18030 where it can be."""
    found = local_path(name, base)
    if found is None or is_there(found):
        return name
    try:
        return os.fsencode(name).decode("gb18030")
    except UnicodeDecodeError:
        return name
