"""The look at everything that can be wrong, before the first request of a run."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from minicpm_tui.batch.digests import DigestSet, digest
from minicpm_tui.batch.output import csv_table, jsonl
from minicpm_tui.batch.output.sidecar_record import mark_at, read_marks
from minicpm_tui.batch.output.sidecars import may_replace, sidecar_path
from minicpm_tui.batch.records import Item, Result
from minicpm_tui.batch.run.guard import Guard
from minicpm_tui.batch.run.job import Job
from minicpm_tui.errors import StorageError, UsageError
from minicpm_tui.files import refuse_taken, storage_errors
from minicpm_tui.i18n import _


@dataclass(frozen=True)
class Seen:
    """What the look through the input told: the ids of all requests, how many ``pictures`` one has at most, and how many
    requests were ``left_out`` for a sidecar that is there; ``replaceable`` marks the sidecars that the run may replace,
    ``foreign`` those that it may though no run had written them, and ``nowhere`` counts the requests to come that have no place
    for one. ``bare`` counts those without a picture or a video, where others have some. ``asked``: what the ids ask now, where a
    run goes on.
    """

    ids: DigestSet
    pictures: int
    left_out: int = 0
    replaceable: tuple[bytes, ...] = ()
    foreign: tuple[bytes, ...] = ()
    nowhere: int = 0
    bare: int = 0
    asked: DigestSet = field(default_factory=DigestSet)

    def answers(self, result: Result) -> bool:
        """Whether ``result`` is to what its id asks now; True where that is not known."""
        return result.asked is msgspec.UNSET or result.id not in self.ids or _pair(result.id, result.asked) in self.asked


def _pair(name: str, asked: str) -> str:
    return f"{name}\n{asked}"


def look_through(job: Job) -> Seen:
    """Look at the whole input for everything that can be wrong before the first request.

    Raises UsageError, StorageError. Blocks.
    """
    if job.resume and job.overwrite:
        raise UsageError(_("--resume and --overwrite cannot be used together"))
    guard = Guard(job)
    _look_at_places(job)
    beside = _Beside(job, guard)
    pictures, fields, continues = 1, False, job.continues
    asked: list[bytes] = []
    bare = with_files = 0

    def look(item: Item) -> None:
        nonlocal pictures, fields, bare, with_files
        fields = fields or bool(item.row.place or item.row.error)  # a line that cannot be read is one of a table, too
        if item.row.body is None and not item.row.error:
            bare, with_files = bare + (not item.row.files), with_files + bool(item.row.files)
        pictures = max(pictures, _media_count(item))
        if continues:
            asked.append(digest(_pair(item.id, item.asked)))
        if job.comparison is not None:
            job.comparison.check(item)
        beside.look(item)

    ids = job.plan.scan(look)
    if not fields:
        _refuse_columns(job)
    beside.demand_different()
    guard.finish()
    _demand_room(job)
    left = ids.without(beside.left_out)
    if not len(left) and job.overwrite and job.output.exists() and job.output.stat().st_size:
        raise UsageError(
            _("nothing is left to ask: every picture has a sidecar, and {path} stays as it is").format(path=job.output),
            hint=_("leave out --skip-existing to ask about them again"),
        )
    return Seen(
        left,
        pictures,
        len(beside.left_out),
        tuple(beside.replaceable),
        tuple(beside.foreign),
        beside.nowhere,
        bare if with_files else 0,
        DigestSet(asked),
    )


def _refuse_columns(job: Job) -> None:
    """Raises UsageError for columns that are named where no input has any."""
    columns = job.plan.columns
    given = {"--file-column": columns.files, "--text-column": columns.text, "--id-column": columns.id}
    for option, value in given.items():
        if value:
            raise UsageError(
                _("{option}: no input has columns").format(option=option), hint=_("leave it out, or give a table or JSON lines")
            )


@dataclass
class _Beside:
    """The look at what lies beside the pictures."""

    job: Job
    guard: Guard
    left_out: list[bytes] = field(default_factory=list)
    replaceable: list[bytes] = field(default_factory=list)
    foreign: list[bytes] = field(default_factory=list)
    _places: list[bytes] = field(default_factory=list)
    nowhere: int = 0
    _writable: Path | None = None

    def __post_init__(self) -> None:
        known = self.job.sidecar is not None and self.job.continues
        self._ours = read_marks(self.job.output) if known else DigestSet()
        before = self.job.overwrite and self.job.sidecar is not None
        self._before = read_marks(self.job.output) if before else DigestSet()
        self._never_ours = read_marks(self.job.output, foreign=True) if before else DigestSet()
        self._answered = jsonl.answered(self.job.output) if known else DigestSet()
        if self.job.skip_existing and self.job.sidecar is None:
            raise UsageError(_("--skip-existing works only with --sidecar"))

    def look(self, item: Item) -> None:
        """Raises NameTaken for a sidecar that the run must not replace, and UsageError for a file that it must not."""
        path = self._path(item)
        self.guard.look(item, path)
        if path is None:
            self.nowhere += self.job.sidecar is not None and not item.row.error and item.id not in self._answered
            return
        if item.id in self._answered:
            if not os.path.lexists(path):  # it will be written from the answer that is there
                self._demand_writable(path.parent)
                self._places.append(digest(str(path)))
            return
        if os.path.lexists(path):
            if not may_replace(path, self._ours):
                if self.job.skip_existing:
                    self.left_out.append(digest(item.id))
                    return
                self._take_over(path)
            self.guard.replaces(path)
        self._demand_writable(path.parent)
        self._places.append(digest(str(path)))

    def _take_over(self, path: Path) -> None:
        """Raises NameTaken, UsageError or StorageError where what is at ``path`` must not or cannot be replaced."""
        with storage_errors(path):
            found = mark_at(path)
        if found is None:
            words = _("{path} is a folder") if path.is_dir() else _("{path} is not a regular file")
            raise UsageError(words.format(path=path), hint=_("choose another kind of --sidecar, or rename it"))
        if not self.job.overwrite:
            refuse_taken(path, _taken_hint(self.job))
        known = self._before.has(found) and not self._never_ours.has(found)
        (self.replaceable if known else self.foreign).append(found)

    def _demand_writable(self, folder: Path) -> None:
        """Raises StorageError where no sidecar can be made."""
        if folder == self._writable:
            return
        if folder.is_dir() and not os.access(folder, os.W_OK):
            raise StorageError(
                _("{folder}: no sidecar can be written there").format(folder=folder),
                hint=_("leave out --sidecar, or make the folder writable"),
            )
        self._writable = folder

    def demand_different(self) -> None:
        """Raises UsageError when two answers would go to one file; it names both pictures."""
        repeated = DigestSet(self._places).repeated()
        if not repeated:
            return
        first: dict[Path, str] = {}
        for item in self.job.plan.items():
            path = self._path(item)
            if path is not None and digest(str(path)) in repeated and first.setdefault(path, item.id) != item.id:
                raise UsageError(
                    _("the answers about {one} and {other} would both go to {path}").format(
                        one=first[path], other=item.id, path=path.name
                    ),
                    hint=_("rename one of them, or remove --sidecar"),
                )

    def _path(self, item: Item) -> Path | None:
        return None if self.job.sidecar is None else sidecar_path(item, self.job.sidecar, prompts=len(self.job.plan.prompts))


def _taken_hint(job: Job) -> str:
    if job.continues:
        return _("--skip-existing leaves out pictures that have one")
    return _("--skip-existing leaves out pictures that have one, --overwrite replaces existing files")


def _look_at_places(job: Job) -> None:
    """Raises UsageError or StorageError when the output or the table cannot be there."""
    for path in (job.output, *job.tables):
        resuming = job.resume if path == job.output else job.continues
        jsonl.refuse_place(path, resuming=resuming, overwrite=job.overwrite)
    if job.csv is not None and jsonl.same_file(job.output, job.csv):
        raise UsageError(_("{path} cannot be both the output and the table").format(path=job.csv), hint=_("choose another file"))


def _demand_room(job: Job) -> None:
    """Raises StorageError when the table cannot be made."""
    if job.csv is None:
        return
    with storage_errors(job.csv):
        part = csv_table.part_path(job.csv)
        part.touch()
        part.unlink()


def _media_count(item: Item) -> int:
    if item.row.body is None:
        return len(item.row.files)
    contents = [message.get("content") for message in item.row.body["messages"] if isinstance(message, dict)]
    parts = [part for content in contents if isinstance(content, list) for part in content if isinstance(part, dict)]
    return sum(part.get("type") != "text" for part in parts)
