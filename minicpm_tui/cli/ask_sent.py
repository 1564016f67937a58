"""Writes what is sent of a question's files into a folder: the bytes that go out, and how the model cuts them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from minicpm_tui.errors import UsageError
from minicpm_tui.families import Family, grid
from minicpm_tui.files import storage_errors
from minicpm_tui.i18n import _
from minicpm_tui.messages import BlobReader, ImagePart, MediaPart, Message, media_of
from minicpm_tui.sessions.attachments import extension
from minicpm_tui.text import one_line


class SentFolder:
    """A ``folder`` that is new or empty. Raises UsageError when it is not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with storage_errors(folder):
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise UsageError(one_line(str(folder)), title=_("Not an empty folder"), hint=_("name a new one"))

    def write(self, question: Message, blobs: BlobReader, family: Family) -> None:
        """The files of ``question``, numbered in their order. Blocks. Raises StorageError, SessionDamaged, MediaError."""
        with storage_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            for number, part in enumerate(media_of(question.content), 1):
                for name, data in _files(part, blobs, family):
                    (self._folder / f"{number:02} {name}").write_bytes(data)


def _files(part: MediaPart, blobs: BlobReader, family: Family) -> Iterator[tuple[str, bytes]]:
    """Names and bytes: what goes out, then a picture's overview and slices, row by row."""
    name, suffix = one_line(part.name, 100).replace("/", "-"), f".{extension(part.media_type)}"
    if not isinstance(part, ImagePart):
        for number, digest in enumerate(part.digests, 1):
            at = f" frame {number:02} at {part.frames[number - 1].time:.3f} s" if part.frames else ""
            yield f"{name}{at}{suffix}", blobs.read(digest)
        return
    if part.sha256 is None:
        return
    data = blobs.read(part.sha256)
    yield f"{name}{suffix}", data
    if not family.generic and part.width and part.height:
        from minicpm_tui.media.slice_pictures import OVERVIEW, slice_picture

        cut = grid(part.width, part.height, family)
        if cut.slices:
            yield f"{name} overview.png", slice_picture(data, family, OVERVIEW)
        for number in range(1, cut.slices + 1):
            row, column = divmod(number - 1, cut.columns)
            yield f"{name} slice {number} row {row + 1} column {column + 1}.png", slice_picture(data, family, number)
