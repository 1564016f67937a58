"""An archive that came from the user's own machine: what can be sent of it is put into a folder of ours."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from minicpm_tui.errors import MediaUnsupported, TransferError
from minicpm_tui.i18n import _
from minicpm_tui.receiving.sockets import CHUNK
from minicpm_tui.receiving.store import Incoming, safe_name

MOST_MEMBERS = 500
_MOST_TIMES = 4
"""An archive of pictures unpacks to little more than it is; one that unpacks to more than so many limits is none."""


class Unpacked(NamedTuple):
    """``paths`` are the files, now here; ``left_out`` is how many others there were."""

    paths: list[Path]
    left_out: int


def unpack(data: bytes, folder: Path, limit: int) -> Unpacked:
    """Put the pictures, videos and PDFs of a tar.gz into ``folder`` (blocks): regular files by their last name alone.

    ``limit`` is the bytes that one may have. Raises TransferError for what is no archive, StorageError.
    """
    paths: list[Path] = []
    left_out = 0
    try:
        with tarfile.open(fileobj=_Bounded(data, limit * _MOST_TIMES), mode="r|") as archive:
            for number, member in enumerate(archive):
                name = PurePosixPath(member.name).name
                if member.isdir() or name.startswith("."):  # macOS puts a ._name beside many files
                    continue
                path = None
                if number < MOST_MEMBERS and member.isreg() and member.size <= limit:
                    path = _keep(archive.extractfile(member), folder, name)
                left_out += path is None
                paths += [path] if path else []
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        if not paths:
            raise TransferError(_("what came is no whole archive")) from error
        left_out += 1
    if not paths and not left_out:
        raise TransferError(_("what came is no whole archive"))
    return Unpacked(paths, left_out)


def _keep(source: IO[bytes] | None, folder: Path, name: str) -> Path | None:
    """Where it lies now; None for what cannot be sent. Raises StorageError."""
    if source is None:
        return None
    with Incoming(folder) as incoming:
        while piece := source.read(CHUNK):
            incoming.write(piece)
        try:
            return incoming.finish(Path(safe_name(name)).stem)
        except MediaUnsupported:
            return None


class _Bounded(io.RawIOBase):
    """The unpacked bytes of ``data``, no more than ``left``. Raises TransferError for more."""

    def __init__(self, data: bytes, left: int) -> None:
        self._stream = gzip.GzipFile(fileobj=io.BytesIO(data))
        self._left = left

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes."""
        piece = self._stream.read1(min(size, CHUNK) if size >= 0 else CHUNK)  # of one that was cut what there is
        self._left -= len(piece)
        if self._left < 0:
            raise TransferError(_("the archive unpacks to too much"))
        return piece
