"""``@`` and a part of a path: what it could become."""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec

from minicpm_tui.paths import expanded
from minicpm_tui.ui.composer.pasted import sendable

MOST = 40
_TOKEN = re.compile(r"(?:^|(?<=\s))@((?:\\ |[^\s])*)$")


class Candidate(msgspec.Struct, frozen=True):
    """One entry of the list: ``value`` replaces what was typed after ``@``; ``path`` is the file or folder itself."""

    value: str
    path: Path
    folder: bool


def token_before(line: str) -> str | None:
    """What stands after the ``@`` that ``line`` (up to the cursor) ends with, None when there is none."""
    match = _TOKEN.search(line)
    return match.group(1) if match else None


def candidates(token: str, folder: Path) -> list[Candidate]:
    """Folders and files that can be sent (blocks): those that begin with the token's last part, then those that contain it."""
    typed = token.replace("\\ ", " ")
    parent, _slash, prefix = typed.rpartition("/")
    base = f"{parent}/" if _slash else ""
    where = folder / expanded(base)
    wanted = prefix.casefold()
    ranked: list[tuple[int, str, Candidate]] = []
    try:
        with os.scandir(where) as entries:
            for entry in entries:
                name = entry.name.casefold()
                if wanted not in name or (entry.name.startswith(".") and not prefix.startswith(".")):
                    continue
                is_folder, is_file = _kind(entry)
                if is_folder or (is_file and sendable(entry.name)):
                    value = (base + entry.name).replace(" ", "\\ ") + ("/" if is_folder else "")
                    rank = (not name.startswith(wanted)) * 2 + is_folder
                    ranked.append((rank, name, Candidate(value, Path(entry.path), is_folder)))
    except (OSError, ValueError):
        return []
    ranked.sort(key=lambda item: item[:2])
    return [candidate for _rank, _name, candidate in ranked[:MOST]]


def _kind(entry: os.DirEntry[str]) -> tuple[bool, bool]:
    """Whether it is a folder, and whether a regular file."""
    try:
        return entry.is_dir(), entry.is_file()
    except OSError:
        return False, False
