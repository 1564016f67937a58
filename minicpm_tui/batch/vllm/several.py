"""An ``Engine`` of several workers side by side: on several GPUs, or on one that a single worker leaves half idle.

vLLM's ``LLM`` prepares pictures one after another in one process (0.25.1 says so of ``renderer_num_workers``), which takes longer
than the GPU needs for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from minicpm_tui.batch.engine import Answer, Ready
from minicpm_tui.batch.vllm.engine import PREPARED_AHEAD, OfflineEngine
from minicpm_tui.errors import StartFailed
from minicpm_tui.i18n import _

MOST_UNDER_WAY = 128
"""Requests at one of several workers: enough to keep a GPU busy, few enough that all end at about the same time."""


class SeveralEngines:
    """``engines`` that take from one inbox whenever they have room; each was made with ``most``.

    ``say`` shows a line to the user.
    """

    def __init__(self, engines: Sequence[OfflineEngine], say: Callable[[str], None]) -> None:
        self._engines = engines
        self._say = say
        self._failed = 0
        self.wanted = PREPARED_AHEAD
        self.trouble = ""

    @property
    def ready(self) -> bool:
        """True as soon as one answers."""
        return any(engine.ready for engine in self._engines)

    async def run(self, inbox: asyncio.Queue[Ready | None], answers: asyncio.Queue[Answer | None]) -> None:
        """See ``Engine``. Raises StartFailed when no worker starts, or when one ends that has requests."""
        async with asyncio.TaskGroup() as tasks:
            running = {engine: tasks.create_task(self._run(engine, inbox, answers)) for engine in self._engines}
            for finished in asyncio.as_completed(list(running.values())):
                if await finished:
                    break
            for engine, task in running.items():
                if not engine.ready:  # all requests are taken: nothing is left for it to wait for
                    task.cancel()

    async def _run(
        self, engine: OfflineEngine, inbox: asyncio.Queue[Ready | None], answers: asyncio.Queue[Answer | None]
    ) -> bool:
        """True when it saw the end of the requests; False when it did not start and others may."""
        started = True
        try:
            await engine.run(inbox, answers)
        except* StartFailed as failures:
            self._failed += 1
            if engine.ready or self._failed == len(self._engines):
                raise
            started = False
            self._say(_("a worker did not start, the others go on: {reason}").format(reason=failures.exceptions[0]))
        return started

    async def aclose(self) -> None:
        """End all workers and what they started."""
        await asyncio.gather(*(engine.aclose() for engine in self._engines))
