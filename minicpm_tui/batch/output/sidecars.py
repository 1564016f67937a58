"""``--sidecar txt|json``: each answer beside its picture, ``cat.jpg`` and ``cat.txt``, as caption folders have them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from minicpm_tui.batch.digests import DigestSet, digest
from minicpm_tui.batch.input.locate import local_path
from minicpm_tui.batch.records import Item, Result
from minicpm_tui.errors import UsageError
from minicpm_tui.files import refuse_taken, write_durably
from minicpm_tui.i18n import _

Kind = Literal["txt", "json"]
_MODE = 0o644


def sidecar_path(item: Item, kind: Kind, *, prompts: int) -> Path | None:
    """Beside the item's first file; with several prompts each has its number. None for an item without a file of this machine."""
    path = next((found for found in (local_path(file, item.row.base) for file in item.row.files) if found is not None), None)
    if path is None:
        return None
    number = item.id.rpartition("#")[2] if prompts > 1 else ""
    return path.with_name(f"{path.stem}.{number}.{kind}" if number else f"{path.stem}.{kind}")


def demand_free(path: Path | None, seen: list[bytes], *, careful: bool) -> None:
    """Note ``path`` in ``seen``. Raises NameTaken when there is a file that a ``careful`` run must not replace."""
    if path is None:
        return
    if careful:
        refuse_taken(path, _("--overwrite replaces existing files"))
    seen.append(digest(str(path)))


def demand_different(seen: list[bytes]) -> None:
    """Raises UsageError when two answers would go to one file."""
    if DigestSet(seen).repeated():
        raise UsageError(
            _("two pictures differ only in their file extension: their answers would go to the same file"),
            hint=_("rename one of them, or remove --sidecar"),
        )


def write_sidecar(path: Path, kind: Kind, result: Result) -> None:
    """The answer's text and a newline, or the whole result as JSON. Raises StorageError."""
    data = result.text.strip().encode() if kind == "txt" else msgspec.json.format(msgspec.json.encode(result), indent=2)
    write_durably(path, data + b"\n", mode=_MODE)
