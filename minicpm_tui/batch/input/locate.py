"""Where the file that a line names is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from urllib.parse import unquote, urlsplit

from minicpm_tui.errors import UsageError
from minicpm_tui.paths import expanded

_ELSEWHERE = ("http://", "https://", "data:")
_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif"}
_VIDEOS = {".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".flv", ".wmv", ".mpg", ".mpeg"}


def locate(file: str, base: Path | None) -> str:
    """``file`` as it is found from here: relative paths in ``base`` first, then in the current folder; URLs stay.

    What stands after ``#`` (frames of a video, pages of a PDF) stays too. Looks at the disk: call it from a thread.
    """
    if file.startswith(_ELSEWHERE):
        return file
    if file.startswith("file://"):
        return unquote(urlsplit(file).path)
    path = expanded(file)
    if base is not None and not path.is_absolute() and any(is_there(base / name) for name in (path, without_part(file))):
        path = base / path
    return str(path)


def local_path(file: str, base: Path | None) -> Path | None:
    """The file of this machine that ``file`` names, None for what lies elsewhere."""
    found = locate(file, base)
    if found.startswith(_ELSEWHERE):
        return None
    return Path(found) if is_there(Path(found)) else Path(without_part(found))


def has_media_suffix(path: PurePath) -> bool:
    """Whether ``path`` is named as a picture or a video."""
    return path.suffix.lower() in _PICTURES | _VIDEOS


def is_there(path: Path) -> bool:
    """Whether there is something at ``path``; not for a name that no file can have, as one longer than the system allows."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def without_part(file: str) -> str:
    """The name without what stands after ``#``; ``./#a.png`` is a file of that name, not a part of the folder."""
    whole = file.rpartition("#")[0]
    return file if not whole or whole.endswith("/") else whole


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` inside into a UsageError that names the input ``path``."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
