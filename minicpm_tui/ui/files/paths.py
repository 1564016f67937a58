"""A path while it is being typed: what it could become, as a shell completes it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from minicpm_tui.paths import expanded
from minicpm_tui.ui.files.folder import Entry, list_folder


def is_path(text: str) -> bool:
    """Whether ``text`` names a place rather than words to search for."""
    return text.lstrip().startswith(("/", "~", "./", "../"))


def expand(folder: Path, text: str) -> Path:
    """The place that ``text`` names, seen from ``folder``."""
    return folder / expanded(text.strip())


def candidates(folder: Path, text: str, *, hidden: bool = False) -> tuple[Entry, ...]:
    """What lies where ``text`` points and begins as it ends, whatever the case (blocks); nothing where that is no folder."""
    base, begun = _split(text)
    try:
        found = list_folder(expand(folder, base), hidden=hidden or begun.startswith("."))
    except (OSError, ValueError):
        return ()
    return tuple(entry for entry in found if entry.path.name.casefold().startswith(begun.casefold()))


def complete(text: str, found: Sequence[Entry]) -> str:
    """``text`` with all that the ``found`` candidates have in common; a folder that stands alone ends with a slash."""
    base, begun = _split(text)
    names = [f"{entry.path.name}/" if entry.folder else entry.path.name for entry in found]
    exact = [name for name in names if name.startswith(begun)]
    common = os.path.commonprefix(exact or names)  # noqa: RUF071 - the letters they share are wanted, not the folders
    return base + common if found and len(common) >= len(begun) else text


def _split(text: str) -> tuple[str, str]:
    """The folder, with its slash, and the beginning of a name in it."""
    text = text.lstrip()
    if text == "~":
        return "~/", ""
    base, slash, begun = text.rpartition("/")
    return base + slash, begun
