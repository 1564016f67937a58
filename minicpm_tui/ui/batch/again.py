"""Trying what failed again: the batch command with --resume, in a process of its own, which goes on when its screen is left."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys

from minicpm_tui.batch.run.recent import BatchRun
from minicpm_tui.text import one_line

END_SECONDS = 10.0


class Again:
    """One run of the command; ``words`` is the last line it said."""

    def __init__(self) -> None:
        self.words = ""
        self._process: asyncio.subprocess.Process | None = None
        self._running: asyncio.Task[int] | None = None

    @property
    def running(self) -> bool:
        """True while the command runs."""
        return self._running is not None and not self._running.done()

    def start(self, batch: BatchRun) -> None:
        """Begin, unless it runs already."""
        if not self.running:
            self._running = asyncio.create_task(self._run(batch))
            _known[batch.output] = self

    async def wait(self) -> int:
        """The exit status; whoever waits may be cancelled, the command is not."""
        assert self._running is not None, "it was not started"
        return await asyncio.shield(self._running)

    async def stop(self) -> None:
        """As Ctrl-C would: what was answered stays."""
        if not self.running:
            return
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(self.wait(), END_SECONDS)
        except TimeoutError:
            if self._process is not None:
                self._process.kill()

    async def _run(self, batch: BatchRun) -> int:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "minicpm_tui", "batch", "--resume", *batch.arguments),
            cwd=batch.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.words = one_line(line.decode(errors="replace")) or self.words
        return await self._process.wait()


_known: dict[str, Again] = {}


def again_of(batch: BatchRun) -> Again:
    """The command that is trying ``batch`` again, or one that has not begun."""
    known = _known.get(batch.output)
    return known if known is not None and known.running else Again()


async def stop_all() -> None:
    """End them with the program."""
    await asyncio.gather(*(again.stop() for again in _known.values()))
    _known.clear()
