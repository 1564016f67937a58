"""What a run reads is never written over: its input, the pictures and captions that rows name, the schema, the certificates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from minicpm_tui.batch.digests import DigestSet, digest
from minicpm_tui.batch.input.arrow import is_part
from minicpm_tui.batch.input.locate import is_there, local_path, readable
from minicpm_tui.batch.output.jsonl import same_file
from minicpm_tui.batch.records import Item
from minicpm_tui.batch.run.job import Job
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.media.sniff import HEAD, sniff
from minicpm_tui.paths import expanded


@dataclass
class Guard:
    """Compares what ``job`` writes with each file that it reads, by whatever name. Of the rows it keeps 16 bytes a file.

    Raises UsageError when made, for the files that are read whatever the rows are.
    """

    job: Job
    _read: list[bytes] = field(default_factory=list)
    _replaced: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._written = [path for path in self.job.written if not path.is_dir()]
        self._places = {place: path for path in self._written if (place := _place(path))}
        for name in self.job.plan.inputs:
            self._look_at_input(expanded(name))
        self._steady = {place for path in self.job.reads if (place := self._look_at(path))}

    def _look_at_input(self, path: Path) -> None:
        for written in self._written:
            if (is_there(path) and same_file(written, path)) or (is_there(written) and _belongs_to(written, path)):
                raise _refused(written)

    def _look_at(self, path: Path) -> bytes:
        """Where ``path`` lies, empty where nothing does. Raises UsageError when it is written."""
        place = _place(path)
        if place in self._places:
            raise _refused(self._places[place])
        return place

    def look(self, item: Item, sidecar: Path | None) -> None:
        """Raises UsageError when a file of ``item`` is written, or its ``sidecar`` is a file that is read or written besides."""
        places = [place for path in _files_of(item) if (place := self._look_at(path))]
        if (caption := self.job.plan.caption_path(item.row)) is not None:
            self._look_at(caption)  # its own answer may take its place
        if sidecar is None:
            return
        self._read += places
        if any(path.name == sidecar.name and same_file(path, sidecar) for path in self._written):
            raise UsageError(
                _("{path} would be a sidecar, too").format(path=sidecar), hint=_("choose another file for the answers")
            )
        if (place := _place(sidecar)) and (place in self._steady or place in places):
            raise _refused(sidecar, beside=True)

    def replaces(self, sidecar: Path) -> None:
        """Notes that the run will replace ``sidecar``."""
        self._replaced.append(_place(sidecar))

    def finish(self) -> None:
        """After all rows. Raises UsageError when a sidecar that is replaced is a file of another row."""
        read = DigestSet(self._read)
        both = {place for place in self._replaced if read.has(place)}
        if not both:
            return
        for item in self.job.plan.items():
            for path in _files_of(item):
                if _place(path) in both:
                    raise _refused(path, beside=True)


def _belongs_to(path: Path, folder: Path) -> bool:
    """Whether the file ``path`` would be asked about as one in ``folder``; a damaged one is named by no row."""
    if is_part(path, folder):
        return True
    if not (path.is_file() and path.resolve().is_relative_to(folder.resolve())):
        return False
    with readable(path), path.open("rb") as file:
        return sniff(file.read(HEAD)).kind != "other"


def _place(path: Path) -> bytes:
    """16 bytes that are the same for all names of one file; empty where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return b""
    return digest(f"{found.st_dev} {found.st_ino}")


def _files_of(item: Item) -> Iterator[Path]:
    """The files of this machine that the row of ``item`` names."""
    files = item.row.files if item.row.body is None else tuple(_addresses(item.row.body))
    return (path for file in files if (path := local_path(file, item.row.base)) is not None)


def _addresses(value: object) -> Iterator[str]:
    """The ``file://`` addresses in the body of a request, which a server on this machine reads."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _addresses(each)
    elif isinstance(value, str) and value.startswith("file://"):
        yield value


def _refused(path: Path, *, beside: bool = False) -> UsageError:
    return UsageError(
        _("{path} is also an input").format(path=path),
        hint=_("choose another kind of --sidecar, or rename it") if beside else _("choose another file for the answers"),
    )
