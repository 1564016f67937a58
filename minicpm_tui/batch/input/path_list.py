"""A text file with a path or an address on each line, as ``find``, ``ls`` and ``git ls-files`` print them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from minicpm_tui.batch.digests import digest
from minicpm_tui.batch.input.encoding import encoding_of
from minicpm_tui.batch.input.locate import is_there, local_path, readable
from minicpm_tui.batch.records import Row
from minicpm_tui.i18n import _

SUFFIXES = {".txt", ".lst", ".list"}


def list_rows(path: Path, rows_of: Callable[[str, Path], Iterator[Row]]) -> Iterator[Row]:
    """The rows that ``rows_of`` makes of each name and the file it stands for.

    Relative ones lie beside the list, or in the current folder. A line that names no file becomes a row with its error; one that
    was there before is passed over. Raises UsageError.
    """
    seen: set[bytes] = set()
    for number, name in _names(path):
        if (known := digest(name)) in seen:
            continue
        seen.add(known)
        found = local_path(name, path.parent)
        if found is None:
            yield Row(id=name, files=(name,))
        elif not is_there(found):
            yield Row(id=name, error=_("{place}: there is no file {name}").format(place=f"{path.name}:{number}", name=name))
        else:
            yield from rows_of(name, found)


def names_a_file(path: Path) -> bool:
    """Whether the first line of the text at ``path`` is a path or an address. Raises UsageError."""
    name = next((name for _number, name in _names(path)), "")
    if not name:
        return False
    found = local_path(name, path.parent)
    return found is None or is_there(found)


def _names(path: Path) -> Iterator[tuple[int, str]]:
    """The names with the numbers of their lines; ``find -print0`` ends them with a zero byte."""
    with readable(path), path.open("rb") as file:
        zeros = b"\0\0" not in (head := file.read(4096)) and head.count(b"\0") and b"\n" not in head
    if zeros:
        with readable(path):
            for number, name in enumerate(path.read_bytes().split(b"\0"), 1):
                if name:
                    yield number, name.decode(errors="surrogateescape")
        return
    with readable(path), path.open(encoding=encoding_of(path)) as text:
        for number, line in enumerate(text, 1):
            if line.strip():
                yield number, line.strip()
