"""The output: JSON lines in completion order, durable as they come, and picked up again after any end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from minicpm_tui.batch.digests import DigestSet, digest
from minicpm_tui.batch.records import Result
from minicpm_tui.decoding import DecodingError, decode_json
from minicpm_tui.errors import StorageError, UsageError
from minicpm_tui.files import refuse_taken, storage_errors, sync_dir
from minicpm_tui.i18n import _

_TAIL = ".part"
_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True)
class Done:
    """What an output holds already: ``ids`` of good answers; ``dropped`` counts the other lines, whose requests are asked again,
    ``changed`` those of them that answered something else.
    """

    ids: DigestSet
    dropped: int = 0
    changed: int = 0


def read_results(path: Path) -> Iterator[Result]:
    """The lines of an output; a torn last line and lines that are no results are left out. Raises StorageError."""
    with storage_errors(path), path.open("rb") as file:
        for line in file:
            if (found := decode_result(line)) is not None:
                yield found


def answered(path: Path) -> DigestSet:
    """The ids of the good answers in ``path``. Raises StorageError."""
    return DigestSet(digest(found.id) for found in read_results(path) if found.error is None)


def resume(path: Path, answers: Callable[[Result], bool] = lambda _result: True) -> Done:
    """Make ``path`` hold good answers alone, each id once, and say which. Raises StorageError.

    A result that ``answers`` nothing which is asked now is none: its request has been changed since.
    """
    if not path.exists():
        return Done(DigestSet())
    seen: set[bytes] = set()
    dropped = changed = 0

    def kept(line: bytes) -> bytes | None:
        nonlocal dropped, changed
        found = decode_result(line)
        if found is None or found.error is not None or digest(found.id) in seen:
            dropped += 1
            return None
        if not answers(found):
            changed += 1
            return None
        seen.add(digest(found.id))
        return line

    rewrite(path, kept)
    return Done(DigestSet(seen), dropped + changed, changed)


def rewrite(path: Path, change: Callable[[bytes], bytes | None]) -> None:
    """Put what ``change`` makes of each line of ``path`` in its place, nothing for None. Raises StorageError.

    The lines go to a new file that replaces the old one, so that a crash in here loses nothing.
    """
    part = path.with_name(f".{path.name}{_TAIL}")
    same = True
    with storage_errors(path):
        with path.open("rb") as old, part.open("wb") as new:
            for line in old:
                made = change(line)
                same = same and made == line
                new.write(made or b"")
            new.flush()
            os.fsync(new.fileno())
        if same:
            part.unlink()
        else:
            part.chmod(path.stat().st_mode & 0o7777)
            part.replace(path)
            sync_dir(path.parent)


def refuse_place(path: Path, *, resuming: bool, overwrite: bool) -> None:
    """Raises UsageError when writing ``path`` would lose something without a word or is not possible.

    ``path`` is whole, so that the message says where the file lies.
    """
    if path.is_dir():
        raise UsageError(_("{path} is a folder").format(path=path), hint=_("choose a file"))
    if not path.parent.is_dir():
        raise UsageError(_("{path}: the folder {folder} does not exist").format(path=path, folder=path.parent))
    if path.exists() and not path.is_file():
        raise UsageError(_("{path} is not a regular file").format(path=path), hint=_("choose a file"))
    if not (resuming or overwrite):
        refuse_taken(path, _("--resume continues it, --overwrite starts over"))


def same_file(one: Path, other: Path) -> bool:
    """Whether both names mean one file, be it there already or not."""
    return os.path.realpath(one) == os.path.realpath(other) or (one.exists() and other.exists() and one.samefile(other))


def empty(path: Path) -> None:
    """Make ``path`` an output without lines. Raises StorageError."""
    with storage_errors(path), path.open("wb") as file:
        os.fsync(file.fileno())
    sync_dir(path.parent)


class Output:
    """Appends results. ``write`` returns when they are on the disk; call it from one thread at a time.

    Raises StorageError when the disk is full or gone: what was written before stays.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with storage_errors(path):
            self._file: IO[bytes] = path.open("ab", buffering=0)
            self._size = self._file.seek(0, os.SEEK_END)
        sync_dir(path.parent)

    def write(self, results: Iterable[Result]) -> None:
        """Append ``results`` and wait for the disk: one fsync for all of them."""
        lines = b"".join(map(line_of, results))
        try:
            with storage_errors(self.path):
                self._append(lines)
        except StorageError:
            self._cut()
            raise

    def _append(self, lines: bytes) -> None:
        rest = memoryview(lines)
        while rest:
            rest = rest[self._file.write(rest) :]
        os.fsync(self._file.fileno())
        self._size += len(lines)

    def _cut(self) -> None:
        """No half line stays behind when the disk filled up in the middle of one."""
        try:
            self._file.truncate(self._size)
        except OSError:
            return

    def close(self) -> None:
        """Close the file; what was appended stays."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def line_of(result: Result) -> bytes:
    """``result`` as it stands in an output."""
    return _ENCODER.encode(result) + b"\n"


def decode_result(line: bytes) -> Result | None:
    """The result in one line of an output; None for a torn line and for what is no result."""
    if not line.endswith(b"\n"):
        return None
    try:
        return decode_json(line, Result, limit=sys.maxsize)
    except DecodingError:
        return None
