"""The unsent message, kept so that a crash cannot take it: ``state_dir()/drafts/<pid>.json``.

A program that starts takes over the newest draft whose process is gone.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from minicpm_tui import files, paths


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """Text and attachments (paths or URLs) that were not sent; ``session`` is the id of the conversation, if it had one."""

    text: str = ""
    attachments: tuple[str, ...] = ()
    session: str = ""


def _folder() -> Path:
    return paths.state_dir() / "drafts"


def save(draft: Draft) -> None:
    """Write this process's draft, or remove it when it is empty (blocks). Raises StorageError."""
    path = _folder() / f"{os.getpid()}.json"
    if not draft.text.strip() and not draft.attachments:
        path.unlink(missing_ok=True)
        return
    files.make_private_dir(path.parent)
    files.write_state(path, draft)


def take_over() -> Draft | None:
    """The newest draft of a process that is gone, which becomes ours (blocks)."""
    found: list[tuple[float, Path]] = []
    with contextlib.suppress(OSError):
        gone = (path for path in _folder().glob("*.json") if path.stem.isdigit() and not Path(f"/proc/{path.stem}").exists())
        found = [(path.stat().st_mtime, path) for path in gone]
    for _time, path in sorted(found, reverse=True):
        if (draft := files.read_state(path, Draft)) is not None:
            path.unlink(missing_ok=True)
            return draft
    return None
