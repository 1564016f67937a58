"""What the user names, as attachments: files, folders, patterns, web addresses, pages of a PDF, parts of a video."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from minicpm_tui.errors import MediaError, MediaNotFound, MediaUnsupported
from minicpm_tui.i18n import _
from minicpm_tui.media.fragment import parse_fragment
from minicpm_tui.media.inspection import inspect
from minicpm_tui.media.opened import open_media
from minicpm_tui.media.pages import PageRanges, page_count, page_numbers
from minicpm_tui.media.pieces import good_pieces, in_pieces
from minicpm_tui.media.safe_open import shown, unreadable
from minicpm_tui.media.sniff import Kind
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.paths import expanded
from minicpm_tui.text import natural

_WEB = re.compile(r"https?://[^/\s]", re.IGNORECASE)


Skipped = Callable[[MediaError], None]
"""Told of every file of a folder or pattern that cannot be read, and is left out."""


def expand(patterns: Sequence[str], skipped: Skipped = lambda _error: None) -> list[AttachmentSpec]:
    """One spec for each file, web address and page of a PDF or TIFF that ``patterns`` name, in that order, names sorted as
    people count.

    A folder stands for what can be sent in it (not in its subfolders), ``*``, ``?``, ``[…]`` and ``**`` match names, ``~`` is the
    home folder. After ``#``: ``clip.mp4#t=10,20`` a part in seconds, ``#n=16`` the number of frames, ``book.pdf#page=2-4,7``
    pages, ``#original`` the file's own bytes, ``scan.tif#scale=0,4095`` the values that are black and white,
    ``long.png#pieces=4`` that many pictures, from the top down or from left to right (``#pieces``: as many as read well); several
    are joined by ``&``. A document without pages named stands for all of them.
    ``file:`` URLs are paths.

    Blocks. Raises MediaNotFound when a pattern names nothing, MediaUnsupported or MediaDamaged for a file named outright that
    cannot be sent.
    """
    return [spec for pattern in patterns for spec in _expand(pattern, skipped)]


def _expand(pattern: str, skipped: Skipped) -> Iterator[AttachmentSpec]:
    if _WEB.match(pattern):
        yield AttachmentSpec(url=pattern)
        return
    if pattern[:5].lower() == "file:":
        pattern = _local(pattern)
    path, wishes = _path(pattern), AttachmentSpec()
    pages: PageRanges | None = None
    if "#" in pattern and not _exists(path):
        name, _sep, fragment = pattern.rpartition("#")
        path = _path(name)
        wishes, pages = parse_fragment(fragment, pattern)
    for found in _files(path, pattern, skipped):
        yield from _specs(found, wishes, pages)


def _local(url: str) -> str:
    """The path that a ``file:`` URL names, with what stands after ``#``. Raises MediaNotFound for another machine's."""
    address, mark, fragment = url.partition("#")
    parts = urlsplit(address)
    if parts.netloc not in {"", "localhost"}:
        raise MediaNotFound(shown(url), hint=_("check the name; the file must be on this machine"))
    return unquote(parts.path) + mark + fragment


def _path(name: str) -> Path:
    """The name as a path, ``~`` resolved where it is somebody's home. Raises MediaNotFound for an empty one."""
    if not name:
        raise MediaNotFound(title=_("Nothing to attach"))
    return expanded(name)


def _files(path: Path, pattern: str, skipped: Skipped) -> list[Path]:
    """The files that ``path`` names: itself, what is in the folder, or what the pattern matches."""
    if path.is_dir():
        try:
            found = [each for each in _sorted(os.fspath(each) for each in path.iterdir()) if _sendable(each, skipped)]
        except OSError as error:
            raise unreadable(path, error) from error
        if not found:
            raise MediaNotFound(
                shown(pattern), title=_("Nothing to send in this folder"), hint=_("choose a folder with pictures or videos")
            )
        return found
    if _exists(path) or not glob.has_magic(os.fspath(path)):
        return [path]
    found = [each for each in _sorted(glob.iglob(os.fspath(path), recursive=True)) if _sendable(each, skipped)]
    if not found:
        raise MediaNotFound(shown(pattern), title=_("No picture or video matches"), hint=_("check the pattern"))
    return found


def _specs(path: Path, wishes: AttachmentSpec, pages: PageRanges | None) -> Iterator[AttachmentSpec]:
    pieces = 1 if wishes.pieces is None or wishes.piece is not None else _piece_count(path, wishes.pieces)
    for spec in _pages(path, msgspec.structs.replace(wishes, path=path), pages):
        yield from in_pieces(spec, pieces) if spec.piece is None else [spec]


def _piece_count(path: Path, wanted: int) -> int:
    """How many pieces each picture or page of a file is sent in."""
    info = inspect(path)
    if info.kind == "video":
        raise MediaUnsupported(shown(path), title=_("Only pictures and pages can be sent in pieces"))
    return wanted or good_pieces((info.width, info.height), page=info.kind == "pdf")


def _pages(path: Path, spec: AttachmentSpec, pages: PageRanges | None) -> Iterator[AttachmentSpec]:
    count = page_count(path)
    if count is None:
        if pages is not None:
            raise MediaUnsupported(shown(path), title=_("Only PDFs and TIFFs have pages"))
        yield spec
    elif count == 1 and pages is None and _kind(path) == "image":
        yield spec
    else:
        for page in page_numbers(pages or ((1, None),), count, path):
            yield msgspec.structs.replace(spec, page=page)


def _kind(path: Path) -> Kind:
    """What the file is. Raises MediaError when it cannot be opened."""
    with open_media(path) as opened:
        return opened.kind


def _sendable(path: Path, skipped: Skipped) -> bool:
    """True for a regular, visible file that is a picture, a video or a PDF; one that cannot be read is told to ``skipped``."""
    if path.name.startswith("."):
        return False
    try:
        return stat.S_ISREG(path.stat().st_mode) and _kind(path) != "other"
    except OSError as error:
        skipped(unreadable(path, error))
    except MediaError as error:
        skipped(error)
    return False


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True


def _sorted(names: Iterator[str]) -> list[Path]:
    """``shot 2`` before ``shot 10``."""
    return [Path(name) for name in sorted(names, key=natural)]
