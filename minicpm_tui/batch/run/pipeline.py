"""Read, prepare, ask, write: four stages side by side with short queues between them, so that memory stays flat."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from minicpm_tui.batch.engine import Answer, Engine, Ready
from minicpm_tui.batch.records import Item, Result, Row
from minicpm_tui.errors import MinicpmTuiError

Group = tuple[Row, tuple[Item, ...]]
Prepare = Callable[[Row, Sequence[Item]], list[Ready]]
Write = Callable[[list[Answer]], list[Result]]

WRITTEN_AT_ONCE: Final = 256


async def run_pipeline(
    items: Iterator[Item],
    prepare: Prepare,
    engine: Engine,
    write: Write,
    *,
    threads: int,
    on_results: Callable[[list[Result]], None],
) -> None:
    """Put every item through ``engine``.

    ``prepare`` and ``write`` block and run in threads: as many ``threads`` prepare, one writes. ``on_results`` is called on the
    event loop with what has been written. Raises the first MinicpmTuiError of any stage, after the other stages have stopped.
    """
    inbox: asyncio.Queue[Ready | None] = asyncio.Queue(engine.wanted)
    answers: asyncio.Queue[Answer | None] = asyncio.Queue(2 * WRITTEN_AT_ONCE)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="prepare")
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_prepare_all(_groups(items), prepare, inbox, pool, threads))
            group.create_task(_ask_all(engine, inbox, answers))
            group.create_task(_write_all(answers, write, on_results))
    except BaseExceptionGroup as failures:
        raise _first(failures) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _groups(items: Iterator[Item]) -> Iterator[Group]:
    """Items of one row together: their pictures are prepared once."""
    for _row, several in itertools.groupby(items, key=lambda item: item.row):
        same = tuple(several)
        yield same[0].row, same


async def _prepare_all(
    groups: Iterator[Group], prepare: Prepare, inbox: asyncio.Queue[Ready | None], pool: ThreadPoolExecutor, threads: int
) -> None:
    loop = asyncio.get_running_loop()
    reading = asyncio.Lock()

    async def worker() -> None:
        while True:
            async with reading:
                found = await loop.run_in_executor(None, next, groups, None)
            if found is None:
                return
            for ready in await loop.run_in_executor(pool, prepare, *found):
                await inbox.put(ready)

    async with asyncio.TaskGroup() as tasks:
        for _number in range(threads):
            tasks.create_task(worker())
    await inbox.put(None)


async def _ask_all(engine: Engine, inbox: asyncio.Queue[Ready | None], answers: asyncio.Queue[Answer | None]) -> None:
    await engine.run(inbox, answers)
    await answers.put(None)


async def _write_all(answers: asyncio.Queue[Answer | None], write: Write, on_results: Callable[[list[Result]], None]) -> None:
    """Everything that has come is written in one go: one wait for the disk, however fast answers come.

    What has come when the run is stopped is written too.
    """
    over = False
    try:
        while not over:
            first = await answers.get()
            some, over = _drain(answers, first)
            await _write(some, write, on_results)
    finally:
        some, _over = _drain(answers, None)
        await _write(some, write, on_results)


async def _write(some: list[Answer], write: Write, on_results: Callable[[list[Result]], None]) -> None:
    if not some:
        return
    writing = asyncio.ensure_future(asyncio.to_thread(write, some))
    try:
        on_results(await asyncio.shield(writing))
    except asyncio.CancelledError:
        await writing  # a thread cannot be stopped, and the file must not be closed under it
        raise


def _drain(answers: asyncio.Queue[Answer | None], first: Answer | None) -> tuple[list[Answer], bool]:
    """``first`` and what else is there; and whether the end was among it."""
    found = [first]
    while len(found) < WRITTEN_AT_ONCE and not answers.empty():
        found.append(answers.get_nowait())
    return [answer for answer in found if answer is not None], None in found


def _first(failures: BaseExceptionGroup) -> BaseException:
    """The failure that a user is told: one of ours before others."""
    leaves = list(_leaves(failures))
    return next((leaf for leaf in leaves if isinstance(leaf, MinicpmTuiError)), leaves[0])


def _leaves(failures: BaseExceptionGroup) -> Iterator[BaseException]:
    for failure in failures.exceptions:
        if isinstance(failure, BaseExceptionGroup):
            yield from _leaves(failure)
        else:
            yield failure
