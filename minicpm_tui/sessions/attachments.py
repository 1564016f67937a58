"""The bytes of a session's pictures and frames: ``attachments/<sha256>.<ext>``, written once and checked when read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from minicpm_tui.decoding import DecodingError, read_bounded
from minicpm_tui.errors import SessionDamaged
from minicpm_tui.files import make_private_dir, replace_file, sync_dir
from minicpm_tui.i18n import _
from minicpm_tui.messages import Blob

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "video/jpeg": "jpg",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/quicktime": "mov",
    "video/x-msvideo": "avi",
}
MOST_BYTES = 1 << 31
"""Of one attachment."""
_NAME = re.compile(r"([0-9a-f]{64})\.[a-z0-9]{1,8}")


def extension(media_type: str) -> str:
    """``jpg`` for ``image/jpeg``, ``bin`` for what is not known."""
    return EXTENSIONS.get(media_type, "bin")


class AttachmentStore:
    """Attachments of the session in ``folder``; a ``BlobReader``. Blocks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def store(self, blobs: Mapping[str, Blob]) -> None:
        """Make ``blobs`` (keyed by digest) durable; what is there already is left. Raises StorageError.

        Every file is complete and on the disk before its name appears; the names are on the disk when this returns.
        """
        missing = {digest: blob for digest, blob in blobs.items() if not self.has(digest)}
        if not missing:
            return
        if not self.folder.is_dir():
            make_private_dir(self.folder)
            sync_dir(self.folder.parent)
        for digest, blob in missing.items():
            replace_file(self.folder / f"{digest}.{extension(blob.media_type)}", blob.data)
        sync_dir(self.folder)

    def read(self, sha256: str) -> bytes:
        """The bytes. Raises SessionDamaged when they are gone or not what the digest says."""
        path = self.path(sha256)
        if path is None:
            raise SessionDamaged(str(self.folder / sha256), title=_("An attachment is missing"))
        try:
            data = read_bounded(path, MOST_BYTES)
        except (OSError, DecodingError) as error:
            raise SessionDamaged(
                f"{path}: {getattr(error, 'strerror', None) or error}", title=_("An attachment cannot be read")
            ) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise SessionDamaged(str(path), title=_("An attachment has changed"))
        return data

    def has(self, sha256: str) -> bool:
        """True when the bytes are here and whole."""
        try:
            self.read(sha256)
        except SessionDamaged:
            return False
        return True

    def path(self, sha256: str) -> Path | None:
        """The file of a digest, None when there is none."""
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            return None
        for ending in ("jpg", "png", "webp"):
            path = self.folder / f"{sha256}.{ending}"
            if path.is_file():
                return path
        return next((path for digest, path in self.files() if digest == sha256), None)

    def files(self) -> Iterator[tuple[str, Path]]:
        """Digest and file of everything stored."""
        with contextlib.suppress(OSError):
            for entry in sorted(os.scandir(self.folder), key=lambda entry: entry.name):
                if (match := _NAME.fullmatch(entry.name)) and entry.is_file(follow_symlinks=False):
                    yield match.group(1), Path(entry.path)
