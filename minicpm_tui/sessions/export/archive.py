"""The folder as a ``.tar.gz``."""

from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
from pathlib import Path
from typing import IO

from minicpm_tui.files import give_name, storage_errors
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.attachments import AttachmentStore
from minicpm_tui.sessions.export.journal_text import journal_text
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.journal import Journal


def write(journal: Journal, path: Path, overwrite: bool, options: Options) -> None:
    """Write the journal and its attachments to ``path``; complete or not at all. Raises StorageError, NameTaken."""
    assert journal.path is not None
    files = [file for _digest, file in AttachmentStore(journal.path / ids.ATTACHMENTS).files()]
    with storage_errors(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        try:
            with (
                os.fdopen(handle, "wb") as raw,
                gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed,
                tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
            ):
                with tempfile.TemporaryFile(dir=path.parent) as text:  # its size stands before it
                    text.writelines(journal_text(journal, options))
                    size = text.tell()
                    text.seek(0)
                    _add(tar, text, size, f"{journal.id}/{ids.JOURNAL}")
                for file in files:
                    with file.open("rb") as source:
                        _add(tar, source, os.fstat(source.fileno()).st_size, f"{journal.id}/{ids.ATTACHMENTS}/{file.name}")
            give_name(Path(name), path, overwrite=overwrite)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _add(tar: tarfile.TarFile, source: IO[bytes], size: int, name: str) -> None:
    """``size`` bytes of ``source``, without owner, group and time."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    tar.addfile(info, source)
