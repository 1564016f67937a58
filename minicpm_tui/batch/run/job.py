"""One batch from its first look at the input to its last line."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from minicpm_tui.batch.digests import DigestSet
from minicpm_tui.batch.engine import Engine
from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.batch.output import jsonl
from minicpm_tui.batch.output import manifest as manifests
from minicpm_tui.batch.output.comparison import CHOICE, Comparison
from minicpm_tui.batch.output.csv_table import confusions_path, part_path
from minicpm_tui.batch.output.finish import Finisher
from minicpm_tui.batch.output.schema import Schema
from minicpm_tui.batch.output.sidecar_record import begin_record, read_marks, record_path
from minicpm_tui.batch.output.sidecars import Kind, SidecarWriter
from minicpm_tui.batch.progress import Reporter, Tally
from minicpm_tui.batch.records import Result
from minicpm_tui.batch.run import recent
from minicpm_tui.batch.run.pipeline import Prepare, run_pipeline
from minicpm_tui.errors import BatchError, StorageError
from minicpm_tui.files import FileLock, LockHeld
from minicpm_tui.i18n import _

GPU_SECONDS = 2.0


@dataclass(frozen=True)
class Job:
    """What is asked, and where the answers go.

    ``around`` is what sidecars have before and after the text. ``arguments`` of the command say it again, for going on from the
    screen. ``named`` are the inputs as the user named them, where the plan has stdin as a file. ``reads`` are files that are read
    besides, such as the schema.
    """

    plan: Plan
    output: Path
    csv: Path | None = None
    raw_csv: bool = False
    resume: bool = False
    overwrite: bool = False
    sidecar: Kind | None = None
    skip_existing: bool = False
    around: tuple[str, str] = ("", "")
    schema: Schema | None = None
    comparison: Comparison | None = None
    arguments: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    reads: tuple[Path, ...] = ()

    @property
    def written(self) -> tuple[Path, ...]:
        """All that the run makes, but for sidecars."""
        beside = (manifests.manifest_path(self.output), *([record_path(self.output)] if self.sidecar else []))
        return (self.output, *self.tables, *beside, *map(part_path, self.tables))

    @property
    def tables(self) -> tuple[Path, ...]:
        """The tables that are written at the end: the answers, and which option was taken for which."""
        if self.csv is None:
            return ()
        return (self.csv, confusions_path(self.csv)) if self.comparison and self.comparison.match == CHOICE else (self.csv,)

    @property
    def continues(self) -> bool:
        """There is something to resume: what lies beside a new output was not written by it.

        False also for what a run left that was killed before it had noted how it was made: there is nothing to go on with.
        """
        output = self.output
        return self.resume and output.exists() and (output.stat().st_size > 0 or manifests.load(output) is not None)


@contextlib.contextmanager
def locked(output: Path) -> Iterator[None]:
    """One run at a time writes ``output``, whoever began it. Raises BatchError when another does, and StorageError."""
    lock = FileLock(recent.lock(output), mode=0o666, passing=True)
    try:
        lock.acquire()
    except StorageError as error:  # the lock is nothing to look for
        raise StorageError(error.message.replace(str(lock.path), str(output)), hint=error.hint) from error
    except LockHeld as held:
        raise BatchError(
            _("{path} is being written by another run ({holder})").format(path=output, holder=held.holder),
            hint=_("wait for it to finish, or choose another file"),
        ) from None
    try:
        yield
    finally:
        lock.release()


def begin(
    job: Job,
    manifest: manifests.Manifest,
    total: int,
    *,
    answers: Callable[[Result], bool],
    replaceable: Iterable[bytes] = (),
    foreign: Iterable[bytes] = (),
) -> jsonl.Done:
    """Make the output ready: what it holds already when resuming, else emptied.

    It comes to ``total`` requests; what a line ``answers`` no more is asked again. ``replaceable`` and ``foreign`` mark the
    sidecars that a run which starts over may replace; the latter no run had written. Raises UsageError, StorageError. Blocks.
    """
    if job.continues:
        manifests.demand_same(job.output, manifest)
    recent.remember(job.output, job.arguments, total)
    if job.continues:
        done = jsonl.resume(job.output, answers)
    else:
        jsonl.empty(job.output)  # before the manifest: old answers must never lie beside a new one
        done = jsonl.Done(DigestSet())
        if job.sidecar is not None:
            begin_record(job.output, replaceable, foreign)
    manifests.save(job.output, manifest)
    return done


def forget(job: Job) -> bool:
    """Remove an output without a line, and what lies beside it, so that nothing is in the way of the next attempt.

    False, and all of it stays, where there are lines, or sidecars may have been written. Blocks.
    """
    record = record_path(job.output)
    with contextlib.suppress(OSError):
        if job.output.stat().st_size or (record.exists() and record.stat().st_size):
            return False
        for path in (job.output, manifests.manifest_path(job.output), record):
            path.unlink(missing_ok=True)
        return True
    return False


def write_missing(job: Job, done: jsonl.Done, tally: Tally) -> int:
    """Write the sidecars that are not there of answers that are; how many. Raises UsageError, StorageError. Blocks."""
    if job.sidecar is None or not len(done.ids):
        return 0
    writer = _writer(job, job.sidecar, tally)
    return writer.write_missing(item for item in job.plan.items() if item.id in done.ids)


def _writer(job: Job, kind: Kind, tally: Tally) -> SidecarWriter:
    """What is to be told of its sidecars is counted in ``tally``."""
    prompts = len(job.plan.prompts)
    foreign = read_marks(job.output, foreign=True)
    return SidecarWriter(job.output, kind, prompts, read_marks(job.output), job.around, foreign, tally.sidecars)


async def run(
    job: Job,
    wanted: DigestSet,
    done: jsonl.Done,
    engine: Engine,
    prepare: Prepare,
    tally: Tally,
    reporter: Reporter,
    *,
    threads: int,
    gpus: Callable[[], Awaitable[str]] | None = None,
) -> None:
    """Ask what of the ``wanted`` ids ``done`` does not hold and write what comes. Raises MinicpmTuiError; what was written stays.

    The input is read anew: what has been added to it since the look through it is not asked, and no id twice. ``prepare`` is
    called from so many ``threads``.
    """
    left = (item for item in job.plan.items() if item.id in wanted and item.id not in done.ids)
    items = itertools.islice(left, tally.total)
    with jsonl.Output(job.output) as output:
        beside = None
        if job.sidecar is not None:
            beside = await asyncio.to_thread(_writer, job, job.sidecar, tally)
        finish = Finisher(job.schema, job.comparison, beside, output)

        def on_results(results: list[Result]) -> None:
            failed = sum(result.error is not None for result in results)
            tokens = sum(result.usage.completion_tokens for result in results if result.usage)
            tally.add(len(results), failed, tokens)
            tally.ends.update(
                result.ending.kind for result in results if result.error is None or result.finish_reason == "length"
            )

        drawing = asyncio.create_task(_draw(engine, tally, reporter, gpus))
        try:
            await run_pipeline(items, prepare, engine, finish, threads=threads, on_results=on_results)
        finally:
            drawing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await drawing


async def _draw(engine: Engine, tally: Tally, reporter: Reporter, gpus: Callable[[], Awaitable[str]] | None) -> None:
    words, age, trouble = "", GPU_SECONDS, ""
    while True:
        before, reason = trouble, engine.trouble
        trouble = _("waiting for the server: {reason}").format(reason=reason) if reason else ""
        if bool(trouble) != bool(before):
            reporter.say(trouble or _("it answers again"))
        if not engine.ready:
            tally.restart()
        if gpus is not None and age >= GPU_SECONDS:
            words, age = await gpus(), 0.0
        reporter.update(words, trouble)
        await asyncio.sleep(0.25)
        age += 0.25
