"""``--sidecar txt|caption|json``: each answer beside its picture, ``cat.jpg`` and ``cat.txt``, as caption folders have them."""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from minicpm_tui.batch.digests import DigestSet, digest
from minicpm_tui.batch.input.locate import local_path
from minicpm_tui.batch.output.jsonl import read_results
from minicpm_tui.batch.output.sidecar_record import add_marks, mark, mark_at
from minicpm_tui.batch.records import Item, Result
from minicpm_tui.errors import NameTaken
from minicpm_tui.files import write_durably
from minicpm_tui.i18n import _

Kind = Literal["txt", "caption", "json"]
_AT_ONCE = 256
_MODE = 0o644
_LONGEST_NAME = 240  # bytes: a file system takes 255
_PAGE = re.compile(r"^#(?:.*&)?page=(\d+)(?:&|$)")


def sidecar_path(item: Item, kind: Kind, *, prompts: int) -> Path | None:
    """Beside the item's first file; a page has its number (``book.p003.txt``), with several prompts each has its own.

    None for an item without a file of this machine.
    """
    found = ((local_path(file, item.row.base), file) for file in item.row.files)
    path, file = next(((path, file) for path, file in found if path is not None), (None, ""))
    if path is None:
        return None
    page = _PAGE.search(file.removeprefix(str(path)))
    number = item.id.rpartition("#")[2] if prompts > 1 else ""
    parts = (path.stem, f"p{int(page[1]):03}" if page else "", number, kind)
    return path.with_name(".".join(part for part in parts if part))


def may_replace(path: Path, ours: DigestSet) -> bool:
    """Whether what lies at ``path`` is still what ``ours`` has a mark of."""
    return (found := _mark_at(path)) is not None and ours.has(found)


def _mark_at(path: Path) -> bytes | None:
    try:
        return mark_at(path)
    except OSError:
        return None


def part_path(path: Path) -> Path:
    """Where the sidecar ``path`` is made, the same every time: what a killed run leaves there becomes the next one's."""
    name = path.name if len(os.fsencode(path.name)) <= _LONGEST_NAME else digest(path.name).hex()
    return path.with_name(f".{name}.part")


@dataclass(frozen=True)
class SidecarWriter:
    """Writes the sidecars of the run whose output is ``output``; of those that are there only what ``ours`` marks is replaced.

    ``foreign`` marks those of them that no run had written. ``around`` is put before and after each text, such as the word that a
    model is to learn. ``told`` counts what a user is told: ``cut``, the answer in it was cut off; ``empty``, the answer is, and
    has none; ``kept``, somebody else's is there and stays; ``replaced``, somebody else's was; ``nowhere``, the picture is no file
    of this machine.
    """

    output: Path
    kind: Kind
    prompts: int
    ours: DigestSet
    around: tuple[str, str] = ("", "")
    foreign: DigestSet = field(default_factory=DigestSet)
    told: Counter[str] = field(default_factory=Counter)

    def __call__(self, items: Sequence[Item], results: Sequence[Result]) -> list[Result]:
        """The results, with a note where a sidecar of somebody else's is there by now. Raises StorageError.

        They are noted before they are written: what a crash leaves half done is known again.
        """
        written = [self._wanted(item, result) for item, result in zip(items, results, strict=True)]
        add_marks(self.output, [mark(*each) for each in written if each is not None])
        return [result if each is None else self._written(result, *each) for each, result in zip(written, results, strict=True)]

    def write_missing(self, items: Iterable[Item]) -> int:
        """Write the sidecars of ``items`` that are not there, from the answers in the output; how many. Raises StorageError."""
        missing = {item.id: item for item in items if (path := self._path(item)) is not None and not os.path.lexists(path)}
        count = 0
        found = (result for result in read_results(self.output) if result.id in missing and result.error is None)
        while some := list(itertools.islice(found, _AT_ONCE)):
            before = self._unwritten
            self([missing[result.id] for result in some], some)
            count += len(some) - (self._unwritten - before)
        return count

    @property
    def _unwritten(self) -> int:
        return self.told.total() - self.told["cut"] - self.told["replaced"]

    def _path(self, item: Item) -> Path | None:
        return sidecar_path(item, self.kind, prompts=self.prompts)

    def _wanted(self, item: Item, result: Result) -> tuple[Path, bytes] | None:
        """The sidecar for ``result``; None where there is none, which is counted."""
        if result.error is not None:
            return None
        path = self._path(item)
        if path is None or not result.text.strip():
            self.told["nowhere" if path is None else "empty"] += 1
            return None
        if result.finish_reason == "length":
            self.told["cut"] += 1
        return path, self._data(result)

    def _data(self, result: Result) -> bytes:
        """The answer's text, or the whole result as JSON, and a newline."""
        if self.kind == "json":
            return msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"
        before, after = self.around
        return f"{before}{result.text.strip()}{after}\n".encode()

    def _written(self, result: Result, path: Path, data: bytes) -> Result:
        found = _mark_at(path)
        known = found is not None and self.ours.has(found)
        try:
            write_durably(path, data, mode=_MODE, overwrite=known, part=part_path(path))
        except NameTaken:
            self.told["kept"] += 1
            note = _("{name} was already there and is kept").format(name=path.name)
            notes = result.notes if isinstance(result.notes, tuple) else ()
            return msgspec.structs.replace(result, notes=(*notes, note))
        self.told["replaced"] += found is not None and self.foreign.has(found)
        return result
