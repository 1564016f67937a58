"""Which sidecars a run wrote (``OUT.jsonl.sidecars``): whatever else lies beside a picture is somebody's work and stays.

A mark stands for a place and what was written there: a sidecar that was changed by hand since is no longer the run's.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from minicpm_tui.batch.digests import DigestSet, digest
from minicpm_tui.files import storage_errors, write_durably

_DIGITS = 32
_FOREIGN = b"*"


def record_path(output: Path) -> Path:
    """Where the record of ``output`` is, or would be."""
    return output.with_name(output.name + ".sidecars")


def mark(path: Path, data: bytes) -> bytes:
    """16 bytes that stand for the bytes ``data`` at ``path``."""
    return digest(f"{os.path.abspath(path)}\n{data.hex()}")  # noqa: PTH100 - links stay as they are


def mark_at(path: Path) -> bytes | None:
    """The mark of what is at ``path``, also of a link that leads nowhere; None for what is no file. Raises OSError."""
    if path.is_file():
        return mark(path, path.read_bytes())
    return mark(path, b"-> " + os.fsencode(path.readlink())) if path.is_symlink() and not path.exists() else None


def begin_record(output: Path, marks: Iterable[bytes], foreign: Iterable[bytes] = ()) -> None:
    """Start over: only the files that ``marks`` and ``foreign`` stand for may be replaced; the latter no run had written.

    Raises StorageError.
    """
    lines = (*map(_line, marks), *(_line(each) + _FOREIGN for each in foreign))
    write_durably(record_path(output), b"".join(lines), mode=0o644)


def add_marks(output: Path, marks: Iterable[bytes]) -> None:
    """Note what is about to be written, and wait for the disk. Raises StorageError."""
    path = record_path(output)
    with storage_errors(path), path.open("ab") as file:
        file.write(b"".join(map(_line, marks)))
        file.flush()
        os.fsync(file.fileno())


def read_marks(output: Path, *, foreign: bool = False) -> DigestSet:
    """The marks of ``output``'s record, or those in it that are ``foreign``; none where there is none. Raises StorageError."""
    path = record_path(output)
    if not path.exists():
        return DigestSet()
    with storage_errors(path), path.open("rb") as file:
        return DigestSet(_marks(file, foreign=foreign))


def _line(found: bytes) -> bytes:
    """The end of the line comes first, so that what follows a torn one is whole."""
    return b"\n" + found.hex().encode()


def _marks(lines: Iterable[bytes], *, foreign: bool) -> Iterator[bytes]:
    for line in lines:
        found = line.strip()
        text = found.removesuffix(_FOREIGN).decode("ascii", "replace")
        if len(text) == _DIGITS and (found.endswith(_FOREIGN) or not foreign):
            try:
                yield bytes.fromhex(text)
            except ValueError:
                continue
