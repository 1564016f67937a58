"""Reads a ``.tar`` or ``.tar.gz`` of anybody: nothing is written, every size is limited, links and devices are refused."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from minicpm_tui.errors import SessionDamaged
from minicpm_tui.i18n import _
from minicpm_tui.text import format_bytes, one_line

GZIP = b"\x1f\x8b"
MOST_BYTES = 4 << 30
MOST_MEMBERS = 50_000
_MOST_RATIO = 250
_FREE_BYTES = 64 << 20
_LONGEST_NAME = 4096
_BLOCK = tarfile.BLOCKSIZE


class _Limited:
    """Unpacked bytes, no more than an honest archive of this size could hold."""

    def __init__(self, source: gzip.GzipFile | BufferedReader, packed: int) -> None:
        self._source = source
        self._left = min(MOST_BYTES, _FREE_BYTES + packed * _MOST_RATIO)

    def read(self, size: int) -> bytes:
        """Exactly ``size`` bytes. Raises SessionDamaged at the end of the archive or of the limit."""
        self._left -= size
        if self._left < 0:
            raise SessionDamaged(_("it is too large when unpacked"), title=_("The archive is rejected"))
        try:
            data = self._source.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise SessionDamaged(one_line(str(error)), title=_("The archive is damaged")) from error
        if len(data) != size:
            raise SessionDamaged(_("it is truncated"), title=_("The archive is damaged"))
        return data


def is_archive(start: bytes) -> bool:
    """Whether a file that begins with ``start``, 512 bytes of it, is an archive (POSIX.1-2001, pax: ustar at 257)."""
    return start.startswith(GZIP) or start[257:262] == b"ustar"


def members(path: Path, most_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each regular file in the archive.

    Args:
        path: the ``.tar.gz``, or a tar that is not packed.
        most_bytes: the largest file that is accepted.

    Raises:
        SessionDamaged: it is no archive, ends early, is too large, or holds links, devices or paths that lead elsewhere.
    """
    with path.open("rb") as file, gzip.GzipFile(fileobj=file) if file.peek(2)[:2] == GZIP else file as source:
        stream = _Limited(source, path.stat().st_size)
        longer = ""
        for _number in range(MOST_MEMBERS):
            block = stream.read(_BLOCK)
            if not any(block):
                return
            try:
                info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            except tarfile.HeaderError as error:
                raise SessionDamaged(one_line(str(error)), title=_("The archive is damaged")) from error
            if info.type in {tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE}:
                longer = _long_name(info.type, _content(stream, info, 16 * _LONGEST_NAME)) or longer
                continue
            name, longer = longer or info.name, ""
            if info.isdir():
                continue
            yield _checked(name, info), _content(stream, info, most_bytes)
        raise SessionDamaged(_("it contains too many files"), title=_("The archive is rejected"))


def _content(stream: _Limited, info: tarfile.TarInfo, most_bytes: int) -> bytes:
    if not 0 <= info.size <= most_bytes:
        raise SessionDamaged(
            _("{name} has {size}").format(name=one_line(info.name, 80), size=format_bytes(info.size)),
            title=_("The archive is rejected"),
        )
    padded = -(-info.size // _BLOCK) * _BLOCK
    return stream.read(padded)[: info.size]


def _checked(name: str, info: tarfile.TarInfo) -> str:
    """The name when it stays inside. Raises SessionDamaged."""
    if not info.isreg():
        raise SessionDamaged(
            _("{name} is not a regular file").format(name=one_line(name, 80)), title=_("The archive is rejected")
        )
    if name.startswith("/") or ".." in name.split("/") or "\0" in name:
        raise SessionDamaged(
            _("{name} leads outside the folder").format(name=one_line(name, 80)), title=_("The archive is rejected")
        )
    return name


def _long_name(kind: bytes, data: bytes) -> str:
    """The name that a GNU or pax header gives to the next member; empty when it gives none."""
    if kind == tarfile.GNUTYPE_LONGNAME:
        return data.rstrip(b"\0").decode("utf-8", "surrogateescape")
    if kind == tarfile.XGLTYPE:
        return ""
    while data:
        length = data.partition(b" ")[0]
        if not length.isdigit() or not 0 < int(length) <= len(data):
            return ""
        key, _equals, value = data[len(length) + 1 : int(length) - 1].partition(b"=")
        if key == b"path":
            return value.decode("utf-8", "surrogateescape")
        data = data[int(length) :]
    return ""
