"""Pictures that lie beside an export, found by a name among those that are there: an export cannot lead out of its folder."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from minicpm_tui.messages import Blob
from minicpm_tui.sessions.imports.pictures import picture_of

LARGEST = 100_000_000
"""Bytes of one picture."""


class Beside:
    """The plain files in ``folders`` and in the folders there; links are not followed. Blocks."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._files: list[os.DirEntry[str]] | None = None

    def picture(self, name: str, *, beginning: bool = False) -> tuple[str, Blob] | None:
        """Name and bytes of the picture called ``name``, or whose name begins so; None where there is none."""
        if self._files is None:
            self._files = [each for folder in self._folders for each in _files(folder, inside=True)]
        for each in self._files:
            if name and (each.name == name or (beginning and each.name.startswith(name))):
                with contextlib.suppress(OSError):
                    if each.stat().st_size <= LARGEST and (blob := picture_of(Path(each.path).read_bytes())):
                        return each.name, blob
        return None


def _files(folder: Path, *, inside: bool) -> list[os.DirEntry[str]]:
    found: list[os.DirEntry[str]] = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for each in entries:
            if each.is_file(follow_symlinks=False):
                found.append(each)
            elif inside and each.is_dir(follow_symlinks=False):
                found += _files(Path(each.path), inside=False)
    return found
