"""The folder as a ``.tar.gz``."""

from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
from pathlib import Path

from minicpm_tui.errors import SessionError
from minicpm_tui.files import give_name, storage_errors
from minicpm_tui.i18n import _
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.attachments import AttachmentStore
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.journal import Journal


def write(journal: Journal, path: Path, overwrite: bool, _options: Options) -> None:
    """Write the journal and its attachments to ``path``; complete or not at all. Raises StorageError, NameTaken."""
    if journal.path is None:
        raise SessionError(journal.id, title=_("The session is not saved"))
    files = [(journal.path / ids.JOURNAL, ids.JOURNAL)]
    files += [
        (file, f"{ids.ATTACHMENTS}/{file.name}") for _digest, file in AttachmentStore(journal.path / ids.ATTACHMENTS).files()
    ]
    with storage_errors(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        try:
            with (
                os.fdopen(handle, "wb") as raw,
                gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed,
                tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
            ):
                for file, member in files:
                    _add(tar, file, f"{journal.id}/{member}")
            give_name(Path(name), path, overwrite=overwrite)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _add(tar: tarfile.TarFile, file: Path, name: str) -> None:
    """Without owner and group, and no longer than it was when we looked: a journal may be growing."""
    with file.open("rb") as source:
        info = tar.gettarinfo(arcname=name, fileobj=source)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        info.mode = 0o600
        tar.addfile(info, source)
