"""Trying what failed again: the batch command with --resume, in a process of its own."""

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

    @property
    def running(self) -> bool:
        """True while the command runs."""
        return self._process is not None and self._process.returncode is None

    async def run(self, batch: BatchRun) -> int:
        """The exit status."""
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

    async def stop(self) -> None:
        """As Ctrl-C would: what was answered stays."""
        if self._process is None or not self.running:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(self._process.wait(), END_SECONDS)
        except TimeoutError:
            self._process.kill()
