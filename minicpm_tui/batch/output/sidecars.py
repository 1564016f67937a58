"""``--sidecar txt|caption|json``: each answer beside its picture, ``cat.jpg`` and ``cat.txt``, as caption folders have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from minicpm_tui.batch.digests import DigestSet
from minicpm_tui.batch.input.locate import local_path
from minicpm_tui.batch.output.sidecar_record import add_marks, mark
from minicpm_tui.batch.records import Item, Result
from minicpm_tui.errors import NameTaken
from minicpm_tui.files import write_durably
from minicpm_tui.i18n import _

Kind = Literal["txt", "caption", "json"]
_MODE = 0o644


def sidecar_path(item: Item, kind: Kind, *, prompts: int) -> Path | None:
    """Beside the item's first file; with several prompts each has its number. None for an item without a file of this machine."""
    path = next((found for found in (local_path(file, item.row.base) for file in item.row.files) if found is not None), None)
    if path is None:
        return None
    number = item.id.rpartition("#")[2] if prompts > 1 else ""
    return path.with_name(f"{path.stem}.{number}.{kind}" if number else f"{path.stem}.{kind}")


def may_replace(path: Path, ours: DigestSet) -> bool:
    """Whether what lies at ``path`` is still what ``ours`` has a mark of."""
    try:
        return ours.has(mark(path, path.read_bytes()))
    except OSError:
        return False


@dataclass(frozen=True)
class SidecarWriter:
    """Writes the sidecars of the run whose output is ``output``; of those that are there only what ``ours`` marks is replaced."""

    output: Path
    kind: Kind
    prompts: int
    ours: DigestSet

    def __call__(self, items: Sequence[Item], results: Sequence[Result]) -> list[Result]:
        """The results, with a note where a sidecar of somebody else's is there by now. Raises StorageError.

        They are noted before they are written: what a crash leaves half done is known again.
        """
        written = [
            (path, self._data(result)) if result.error is None and (path := self._path(item)) is not None else None
            for item, result in zip(items, results, strict=True)
        ]
        add_marks(self.output, [mark(*each) for each in written if each is not None])
        return [result if each is None else self._written(result, *each) for each, result in zip(written, results, strict=True)]

    def _path(self, item: Item) -> Path | None:
        return sidecar_path(item, self.kind, prompts=self.prompts)

    def _data(self, result: Result) -> bytes:
        """The answer's text, or the whole result as JSON, and a newline."""
        if self.kind == "json":
            return msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"
        return result.text.strip().encode() + b"\n"

    def _written(self, result: Result, path: Path, data: bytes) -> Result:
        try:
            write_durably(path, data, mode=_MODE, overwrite=may_replace(path, self.ours))
        except NameTaken:
            note = _("{name} was already there and is kept").format(name=path.name)
            notes = result.notes if isinstance(result.notes, tuple) else ()
            return msgspec.structs.replace(result, notes=(*notes, note))
        return result
