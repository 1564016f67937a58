"""Where the file that a line names is."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit


def locate(file: str, base: Path | None) -> Path | str:
    """A path of this machine, or a URL as it is. Relative paths are looked for in ``base`` first, then in the current folder.

    Looks at the disk: call it from a thread.
    """
    if file.startswith(("http://", "https://", "data:")):
        return file
    if file.startswith("file://"):
        return Path(unquote(urlsplit(file).path))
    path = Path(file).expanduser()
    if base is not None and not path.is_absolute() and (base / path).exists():
        return base / path
    return path
