"""A file that is open, with what it is by its bytes: what everything that reads media is handed."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from minicpm_tui.media.safe_open import open_regular, unreadable
from minicpm_tui.media.sniff import HEAD, RAW, TIFF, Format, Kind, sniff
from minicpm_tui.media.tiff_tags import is_camera_raw


@dataclass(frozen=True)
class Opened:
    """An open file. Use it as a context: it is closed at the end.

    ``path`` is its name, for errors and for the record; ``format`` what its bytes say; ``size`` in bytes, and ``mtime`` (seconds
    since the epoch) when it was changed, as they were when it was opened.
    """

    file: BinaryIO
    path: Path
    format: Format
    size: int
    mtime: float = 0.0

    @property
    def kind(self) -> Kind:
        """Picture, video, PDF, or something that cannot be sent."""
        return self.format.kind

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.file.close()


def open_media(path: Path) -> Opened:
    """The file at ``path``, opened once for all that is to be known of it. Never blocks on a pipe or device.

    Raises MediaNotFound, MediaUnsupported (not a regular file) or MediaDamaged (empty).
    """
    file, status = open_regular(path)
    try:
        head = file.read(HEAD)
        file.seek(0)
    except OSError as error:
        file.close()
        raise unreadable(path, error) from error
    what = sniff(head)
    if what == TIFF and is_camera_raw(file):
        what = RAW
    return Opened(file, path, what, status.st_size, status.st_mtime)


def opened_bytes(data: bytes, name: str) -> Opened:
    """A file that is in memory; errors call it ``name``."""
    return Opened(io.BytesIO(data), Path(name), sniff(data[:HEAD]), len(data))
