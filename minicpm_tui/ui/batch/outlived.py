"""Runs that go on without this program: the status line tells of them as of those that it began."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.app import App

from minicpm_tui.batch.run import recent
from minicpm_tui.batch.run.extent import Extent
from minicpm_tui.ui.batch.process import FoundRun, found, outlived
from minicpm_tui.ui.batch.starting import tell

LOOK_SECONDS = 1.0


async def follow(app: App[Any]) -> None:
    """Tell ``app`` of those that run now until they have ended. Run it in a worker."""
    for process in await asyncio.to_thread(_running):
        outlived[process.run.output] = process
        app.run_worker(_follow(app, process), group="outlived")


def _running() -> list[FoundRun]:
    return [process for run in recent.locked() if (process := found(run)) is not None]


async def _follow(app: App[Any], process: FoundRun) -> None:
    extent = Extent(process.run)
    while process.running:
        await asyncio.to_thread(extent.look)
        process.far = extent.done, extent.total
        tell(app, process)
        await asyncio.sleep(LOOK_SECONDS)
    del outlived[process.run.output]
    tell(app, process)
