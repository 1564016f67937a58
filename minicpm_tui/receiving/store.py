"""What was received, judged by its bytes and put into a folder of ours under a name of ours."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from minicpm_tui.errors import MediaUnsupported, NameTaken
from minicpm_tui.files import make_private_dir, rename_as_new, storage_errors
from minicpm_tui.i18n import _
from minicpm_tui.media.sniff import HEAD, Format, sniff

_UNSAFE = re.compile(r"[^\w.()+ -]")
_LONGEST_NAME = 80
_ENDINGS = {"JPEG": "jpg", "TIFF": "tif", "JPEG2000": "jp2", "PPM": "pnm", "matroska": "mkv", "mpegts": "ts", "": "pdf"}


class Incoming:
    """A file that is being written in ``folder``, which is made; gone at the end of ``with`` unless ``finish`` named it.

    Raises StorageError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = make_private_dir(folder)
        with storage_errors(folder):
            handle, name = tempfile.mkstemp(dir=folder, prefix=".arriving-")
        self._file = os.fdopen(handle, "wb")
        self._path = Path(name)
        self._head = b""

    def write(self, data: bytes) -> None:
        """Add ``data``. Raises StorageError."""
        if len(self._head) < HEAD:
            self._head += data[: HEAD - len(self._head)]
        with storage_errors(self._path.parent):
            self._file.write(data)

    def finish(self, stem: str) -> Path:
        """Its path, now that all is there; ``stem`` is how it is named. Raises MediaUnsupported, StorageError."""
        with storage_errors(self._path.parent):
            self._file.flush()
        ending = ending_of(sniff(self._head))
        with storage_errors(self._folder):
            return move_in(self._path, self._folder, f"{stem}.{ending}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)


def keep(data: bytes, folder: Path, stem: str) -> Path:
    """Where ``data`` lies now (blocks). Raises MediaUnsupported, StorageError."""
    with Incoming(folder) as incoming:
        incoming.write(data)
        return incoming.finish(stem)


def ending_of(known: Format) -> str:
    """The ending of files of this format, without a point. Raises MediaUnsupported for what cannot be sent."""
    if known.kind == "other":
        raise MediaUnsupported(_(known.name))
    return _ENDINGS.get(known.reader, known.reader.lower())


def stem_now(kind: str) -> str:
    """A name for something that has none: ``kind`` and the time of day."""
    return f"{kind}-{datetime.now().astimezone():%H%M%S}"


def safe_name(name: str) -> str:
    """``name``, which anybody may have given, as one that leads nowhere else and steers no terminal."""
    plain = _UNSAFE.sub("_", name).lstrip(". ")
    stem, point, ending = plain.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}.{ending[:10]}" if point and stem else plain[:_LONGEST_NAME] or "file"


def move_in(source: Path, folder: Path, name: str) -> Path:
    """Where the file or folder ``source`` lies in ``folder`` now: as ``name``, else with a number. Raises OSError.

    What several threads and programs move in at once gets several names.
    """
    path, number = folder / name, 1
    while True:
        if source.is_dir() and not os.path.lexists(path):
            return source.rename(path)  # which takes the place of no file, and of no folder that has something in it
        with contextlib.suppress(NameTaken):
            rename_as_new(source, path)
            return path
        number += 1
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
