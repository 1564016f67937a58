"""Tars of samples, as webdataset and img2dataset write them: ``0001.jpg``, ``0001.json`` and ``0001.txt`` are one sample.

https://github.com/webdataset/webdataset#the-webdataset-format
"""

from __future__ import annotations

import gzip
import itertools
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from minicpm_tui.batch.input.locate import readable
from minicpm_tui.batch.input.record import Columns, record_row
from minicpm_tui.batch.input.whole_tar import Member
from minicpm_tui.batch.names import writable
from minicpm_tui.batch.records import Row
from minicpm_tui.decoding import DecodingError, json_value
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.media.data_url import data_url
from minicpm_tui.media.sniff import HEAD, sniff

_LARGEST = 1 << 30
_UNPACKING = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError)
"""What tarfile lets through when a packed tar is cut off or damaged."""


def is_tar(head: bytes) -> bool:
    """Whether a file of these first bytes is a tar, as GNU and POSIX write them."""
    return head[257:262] == b"ustar"


def tar_rows(path: Path, columns: Columns) -> Iterator[Row]:
    """One row a sample, in the order of the tar; its id is the name that its files share. Raises UsageError."""
    with readable(path):
        try:
            with tarfile.open(path, tarinfo=Member) as tar:
                for key, members in itertools.groupby(_members(tar), key=lambda member: _split(member[0])[0]):
                    place = f"{path.name}: {key}"
                    try:
                        record = {"id": key, **_sample(list(members), place)}
                        yield record_row(record, columns, place, None)
                    except UsageError as error:
                        yield Row(key, error=error.message)
        except (tarfile.TarError, *_UNPACKING) as error:
            raise UsageError(f"{path}: {_words(error)}", hint=_("it is cut off or damaged: copy it again")) from error


def _words(error: Exception) -> str:
    """What is wrong; of what tarfile says of each way to unpack it, the last: that of a tar that is not packed."""
    text = str(error)
    return text if "\n" not in text else _("its beginning is that of no tar")


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes | None]]:
    """The files' names and bytes; None for one that is too large. Read as they come: a packed tar cannot be gone back in."""
    for member in tar:
        if member.isfile() and not PurePosixPath(member.name).name.startswith("."):
            file = tar.extractfile(member) if member.size <= _LARGEST else None
            yield writable(member.name), None if file is None else file.read()
        vars(tar)["members"] = []  # or it keeps every header that it has read


def _split(name: str) -> tuple[str, str]:
    """What the files of a sample share, and what this one is: the name is split at the first dot of its last part."""
    folder, slash, last = name.rpartition("/")
    stem, _dot, kind = last.partition(".")
    return f"{folder}{slash}{stem}", kind.lower()


def _sample(members: list[tuple[str, bytes | None]], place: str) -> dict[str, Any]:
    """The fields of its JSON, a field for each text, and its pictures as ``images``."""
    fields: dict[str, Any] = {}
    files: list[str] = []
    for name, data in members:
        kind = _split(name)[1]
        if data is None:
            raise UsageError(_("{place}: {field} is too large").format(place=place, field=kind))
        if kind.endswith("json"):
            fields.update(_object(data, f"{place}: {kind}"))
        elif sniff(data[:HEAD]).kind != "other":
            files.append(data_url(data))
        else:
            fields.setdefault(kind, data.decode(errors="replace").strip())
    for field in ("image", "images", "file", "files"):
        fields.pop(field, None)
    return {**fields, "images": files}


def _object(data: bytes, place: str) -> dict[str, Any]:
    try:
        found = json_value(data)
    except DecodingError as error:
        raise UsageError(_("{place}: not JSON: {error}").format(place=place, error=error)) from error
    if not isinstance(found, dict):
        raise UsageError(_("{place}: not a JSON object").format(place=place))
    return found
