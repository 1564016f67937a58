"""Runs one batch through any engine: what is done already, the run, what is said at the end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from minicpm_tui.batch.engine import Engine
from minicpm_tui.batch.output import manifest as manifests
from minicpm_tui.batch.output.csv_table import Layout, write_confusions, write_table
from minicpm_tui.batch.output.jsonl import Done
from minicpm_tui.batch.output.recompare import recompare
from minicpm_tui.batch.output.summary import Summary, summarise
from minicpm_tui.batch.progress import PLAIN_SECONDS, Reporter, Tally, reporter
from minicpm_tui.batch.run.job import Job, begin, forget, locked, run, write_missing
from minicpm_tui.batch.run.look import Seen
from minicpm_tui.batch.run.requests import RequestMaker
from minicpm_tui.batch.run.workers import preparation
from minicpm_tui.errors import BatchError, BatchStopped, StorageError
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.messages import RequestOptions
from minicpm_tui.sampling import SAMPLING

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Run:
    """A job and how it is to be asked. ``console`` is where progress goes, where that is no terminal every ``progress_seconds``.

    ``overrides`` replace fields of bodies in the OpenAI batch format: what the user set for this run.
    """

    job: Job
    options: RequestOptions
    console: Console
    progress_seconds: float = PLAIN_SECONDS
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def manifest(self, model: str, options: RequestOptions) -> manifests.Manifest:
        """What is written down of the run beside its output: ``model`` answers with ``options``."""
        job = self.job
        return manifests.Manifest(
            model=model,
            prompts=job.plan.prompts,
            columns=(*job.plan.columns.files, job.plan.columns.text, job.plan.columns.id),
            system=options.system,
            **{name: getattr(options, name) for name in SAMPLING},
            thinking=options.thinking,
            schema=manifests.schema_digest(job.schema.text) if job.schema else "",
            expect=job.comparison.words if job.comparison else "",
            around=job.around,
            inputs=job.named or job.plan.inputs,
        )


async def carry_out(
    wanted: Run, seen: Seen, engine: Engine, maker: RequestMaker, model: str, notes: Sequence[str] = ()
) -> Summary:
    """Have ``engine`` answer what ``seen`` has and the output has not. Raises MinicpmTuiError when no answer can be had."""
    job = wanted.job
    stopped = threading.Event()
    maker = maker.stopped_by(stopped.is_set, job.schema)
    with locked(job.output):
        try:
            manifest = wanted.manifest(model, wanted.options)
            done = await asyncio.to_thread(
                begin,
                job,
                manifest,
                len(seen.ids),
                answers=seen.answers,
                replaceable=seen.replaceable,
                foreign=seen.foreign,
            )
        except StorageError:
            await asyncio.to_thread(forget, job)
            raise
        tally = Tally(seen.ids.missing_from(done.ids))
        shown = reporter(tally, wanted.console, wanted.progress_seconds)
        _announce(shown, seen, tally, notes)
        for line in await asyncio.to_thread(lambda: list(_anew(job, done))):
            shown.say(line)
        if written := await asyncio.to_thread(write_missing, job, done, tally):
            shown.say(
                ngettext(
                    "{count} missing sidecar is written from the answer that is there",
                    "{count} missing sidecars are written from the answers that are there",
                    written,
                ).format(count=written)
            )
        shown.start()
        try:
            if tally.total:
                with preparation(maker, tally.total) as (prepare, threads):
                    await run(job, seen.ids, done, engine, prepare, tally, shown, threads=threads, gpus=gpu_words)
        except BaseException as error:
            await _end(engine, stopped, shown)
            untabled = await asyncio.to_thread(_table_trouble, job)
            for line in filter(None, (untabled, *await asyncio.to_thread(_left, job, tally, done, error))):
                shown.say(line)
            if isinstance(error, BatchError) and (tally.done or len(done.ids)):
                raise BatchStopped(error.message, hint=error.hint) from error
            raise
        await _end(engine, stopped, shown)
        untabled = await asyncio.to_thread(_table_trouble, job)
        summary = await asyncio.to_thread(summarise, job.output, tally, len(seen.ids))
    return replace(summary, confusions=None if untabled else next(iter(job.tables[1:]), None), untabled=untabled)


async def _end(engine: Engine, stopped: threading.Event, shown: Reporter) -> None:
    stopped.set()
    await engine.aclose()
    shown.stop()


def _anew(job: Job, done: Done) -> Iterator[str]:
    """What is asked or compared anew, since the input has been changed, for the user. Raises StorageError. Blocks."""
    if done.changed:
        yield ngettext(
            "{count} request has been changed since it was answered: it is asked again",
            "{count} requests have been changed since they were answered: they are asked again",
            done.changed,
        ).format(count=done.changed)
    if job.comparison is not None and len(done.ids) and (count := recompare(job.output, job.comparison, job.plan.items())):
        yield ngettext(
            "{count} answer is compared anew: what it is compared with has been changed",
            "{count} answers are compared anew: what they are compared with has been changed",
            count,
        ).format(count=count)


def _left(job: Job, tally: Tally, done: Done, error: BaseException) -> list[str]:
    """What an ``error`` of the run leaves to go on with, for the user; what holds no answer is removed."""
    if not isinstance(error, StorageError):  # others say themselves how to go on, or find the output by its name
        return []
    if not (tally.done - tally.failed or len(done.ids)):
        return [] if forget(job) else [_("no answer is saved yet; --resume continues")]
    lines = [summarise(job.output, tally, tally.total).answered] if tally.done else []
    return [*lines, _("the answers so far are saved; --resume continues")]


def _table_trouble(job: Job) -> str:
    """Write the tables; in words why they are not there, if so."""
    try:
        write_tables(job)
    except StorageError as error:
        return _("{error}; the answers are saved, and --resume writes the table").format(error=error)
    return ""


def write_tables(job: Job) -> None:
    """The tables at the end of a run. Raises StorageError. Blocks."""
    layout = Layout(job.comparison.fields if job.comparison else (), job.schema.properties if job.schema else (), raw=job.raw_csv)
    if job.csv is not None:
        write_table(job.output, job.csv, layout)
    for path in job.tables[1:]:
        write_confusions(job.output, path)


async def gpu_words() -> str:
    """How busy the GPUs of this machine are; empty where there is none."""
    from minicpm_tui.servers.gpus import gpus

    use = [gpu.utilization for gpu in await asyncio.to_thread(gpus, with_processes=False)]
    return _("GPU {use}").format(use=" ".join("–" if each is None else f"{each}%" for each in use)) if use else ""


def named(options: RequestOptions, model: str) -> RequestOptions:
    """``options`` for the model ``model``."""
    return msgspec.structs.replace(options, model=model)


def _announce(shown: Reporter, seen: Seen, tally: Tally, notes: Sequence[str]) -> None:
    total = len(seen.ids)
    for note in notes:
        shown.say(note)
    if seen.left_out:
        shown.say(
            ngettext(
                "{count} picture is left out: it has a sidecar already",
                "{count} pictures are left out: they have a sidecar already",
                seen.left_out,
            ).format(count=seen.left_out)
        )
    if seen.nowhere:
        shown.say(
            ngettext(
                "{count} request will have no sidecar: its picture is no file of its own here",
                "{count} requests will have no sidecars: their pictures are no files of their own here",
                seen.nowhere,
            ).format(count=seen.nowhere)
        )
    if seen.bare:
        shown.say(
            ngettext(
                "{count} request has no picture and no video",
                "{count} requests have no picture and no video",
                seen.bare,
            ).format(count=seen.bare)
        )
    if total != tally.total:
        shown.say(_("{done} of {total} are already done").format(done=total - tally.total, total=total))
