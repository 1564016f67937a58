"""One batch from its first look at the input to its last line."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from minicpm_tui.batch.digests import DigestSet
from minicpm_tui.batch.engine import Engine
from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.batch.output import jsonl, sidecars
from minicpm_tui.batch.output import manifest as manifests
from minicpm_tui.batch.output.accuracy import Match, matches
from minicpm_tui.batch.output.finish import Finisher
from minicpm_tui.batch.output.schema import Schema
from minicpm_tui.batch.progress import Reporter, Tally
from minicpm_tui.batch.records import Item, Result
from minicpm_tui.batch.run import recent
from minicpm_tui.batch.run.pipeline import Prepare, run_pipeline
from minicpm_tui.errors import BatchError, UsageError
from minicpm_tui.files import FileLock, LockHeld, make_private_dir
from minicpm_tui.i18n import _

GPU_SECONDS = 2.0


@dataclass(frozen=True)
class Job:
    """What is asked, and where the answers go. ``arguments`` of the command say it again, for going on from the screen."""

    plan: Plan
    output: Path
    csv: Path | None = None
    resume: bool = False
    overwrite: bool = False
    sidecar: sidecars.Kind | None = None
    schema: Schema | None = None
    expect: str = ""
    match: Match = "exact"
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """What the look through the input told: the ids of all requests, and how many ``pictures`` one has at most."""

    ids: DigestSet
    pictures: int


def look_through(job: Job) -> Seen:
    """Look at the whole input for everything that can be wrong before the first request.

    Raises UsageError, StorageError. Blocks.
    """
    if job.resume and job.overwrite:
        raise UsageError(_("--resume and --overwrite cannot be used together"))
    _look_at_places(job)
    beside: list[bytes] = []
    pictures = 1
    careful = job.sidecar is not None and not (_continues(job) or job.overwrite)

    def look(item: Item) -> None:
        nonlocal pictures
        pictures = max(pictures, _media_count(item))
        if job.expect:
            _check_expected(job, item)
        if job.sidecar is not None:
            path = sidecars.sidecar_path(item, job.sidecar, prompts=len(job.plan.prompts))
            sidecars.demand_free(path, beside, careful=careful)

    ids = job.plan.scan(look)
    sidecars.demand_different(beside)
    return Seen(ids, pictures)


def _look_at_places(job: Job) -> None:
    """Raises UsageError when the output or the table cannot be there."""
    for path in (job.output, job.csv):
        if path is not None:
            resuming = job.resume if path == job.output else _continues(job)
            jsonl.refuse_place(path, job.plan.inputs, resuming=resuming, overwrite=job.overwrite)
    if job.csv is not None and jsonl.same_file(job.output, job.csv):
        raise UsageError(_("{path} cannot be both the output and the table").format(path=job.csv), hint=_("choose another file"))


@contextlib.contextmanager
def locked(output: Path) -> Iterator[None]:
    """One run at a time writes ``output``. Raises BatchError when another does."""
    lock = FileLock(make_private_dir(recent.folder()) / f"{recent.key(output)}.lock")
    try:
        lock.acquire()
    except LockHeld as held:
        raise BatchError(
            _("{path} is being written by another run ({holder})").format(path=output, holder=held.holder),
            hint=_("wait for it to finish, or choose another file"),
        ) from None
    try:
        yield
    finally:
        lock.release()


def begin(job: Job, manifest: manifests.Manifest) -> jsonl.Done:
    """Make the output ready: what it holds already when resuming, else emptied. Raises UsageError, StorageError. Blocks."""
    if _continues(job):
        manifests.demand_same(job.output, manifest)
        done = jsonl.resume(job.output)
    else:
        jsonl.empty(job.output)  # before the manifest: old answers must never lie beside a new one
        done = jsonl.Done(DigestSet())
    manifests.save(job.output, manifest)
    recent.remember(job.output, job.arguments)
    return done


def _continues(job: Job) -> bool:
    """There is something to resume: what lies beside a new output was not written by it."""
    return job.resume and _begun(job.output)


def _begun(output: Path) -> bool:
    """False also for what a run left that was killed before it had noted how it was made: there is nothing to go on with."""
    return output.exists() and (output.stat().st_size > 0 or manifests.load(output) is not None)


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
        finish = Finisher(job.schema, job.expect, job.match, job.sidecar, len(job.plan.prompts), output)

        def on_results(results: list[Result]) -> None:
            failed = sum(result.error is not None for result in results)
            tokens = sum(result.usage.completion_tokens for result in results if result.usage)
            tally.add(len(results), failed, tokens)
            tally.ends.update(result.ending.kind for result in results if result.error is None)

        drawing = asyncio.create_task(_draw(engine, tally, reporter, gpus))
        try:
            await run_pipeline(items, prepare, engine, finish, threads=threads, on_results=on_results)
        finally:
            drawing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await drawing


async def _draw(engine: Engine, tally: Tally, reporter: Reporter, gpus: Callable[[], Awaitable[str]] | None) -> None:
    words, age = "", GPU_SECONDS
    while True:
        if not engine.ready:
            tally.restart()
        if gpus is not None and age >= GPU_SECONDS:
            words, age = await gpus(), 0.0
        reporter.update(words)
        await asyncio.sleep(0.25)
        age += 0.25


def _check_expected(job: Job, item: Item) -> None:
    """A reference answer must be there and usable for every request that can be asked."""
    if item.row.error:
        return
    if job.expect not in item.row.columns:
        raise UsageError(_("{id} has no field “{field}” to compare with").format(id=item.id, field=job.expect))
    try:
        matches("", item.row.columns[job.expect], job.match)
    except UsageError as error:
        raise UsageError(f"{item.id}: {error.message}") from None


def _media_count(item: Item) -> int:
    if item.row.body is None:
        return len(item.row.files)
    contents = [message.get("content") for message in item.row.body["messages"] if isinstance(message, dict)]
    parts = [part for content in contents if isinstance(content, list) for part in content if isinstance(part, dict)]
    return sum(part.get("type") != "text" for part in parts)
