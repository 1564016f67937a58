"""The batch command in a process of its own, which goes on when its screen is left: a new run, or one that is continued."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from minicpm_tui.batch.run import recent
from minicpm_tui.batch.run.extent import Extent
from minicpm_tui.batch.run.holder import Holder, holder_of
from minicpm_tui.batch.run.recent import BatchRun
from minicpm_tui.i18n import _
from minicpm_tui.servers.processes import DeathWatch
from minicpm_tui.text import one_line

END_SECONDS = 10.0
TOLD_SECONDS = "1"
"""How often the command says how far it is."""
_LOOK_SECONDS = 0.5
_FAR = re.compile(r"([0-9]+)/([0-9]+),")


class BatchProcess:
    """One run of the command for ``run``.

    ``words`` is the last line it said, ``far`` how many requests are done and how many there are in all, as far as it has
    told, ``status`` its exit status, ``kept`` how many lines the output had when it ended, and ``left`` how many requests had
    none. ``key`` is the API key for its server, where that is known here alone.
    """

    def __init__(self, run: BatchRun, key: str = "") -> None:
        self.run = run
        self.words = ""
        self.far: tuple[int, int] | None = None
        self.status: int | None = None
        self.kept = self.left = 0
        self.stopped = False
        self._key = key
        self._process: subprocess.Popen[bytes] | None = None
        self._following: asyncio.Task[int] | None = None

    @property
    def running(self) -> bool:
        """True while the command runs."""
        return self._following is not None and not self._following.done()

    def start(self, told: Callable[[BatchProcess], None]) -> None:
        """Begin, unless it runs already: go on with what the output holds. ``told`` is called when there is news of it."""
        if not self.running:
            self.words, self.far, self.status, self.stopped = "", None, None, False
            self._following = asyncio.create_task(self._follow(told))
            _known[self.run.output] = self

    def told(self, _answers: int) -> str:
        """How it goes, in a few words; the output has so many answers."""
        return self.words or _("starting…")

    async def wait(self) -> None:
        """Return when it has ended; whoever waits may be cancelled, the command is not."""
        assert self._following is not None, "it was not started"
        await asyncio.shield(self._following)

    async def stop(self) -> None:
        """As ``kill`` would, which a command that ignores Ctrl-C obeys too: what was answered stays."""
        if not self.running:
            return
        self.stopped = True
        self._send(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.wait(), END_SECONDS)
        except TimeoutError:
            self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _follow(self, told: Callable[[BatchProcess], None]) -> int:
        """Read what it says until it ends. No process of asyncio's: those are killed with the event loop."""
        process = self._process = await asyncio.to_thread(self._launch)
        if self.stopped:
            process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        reader = asyncio.StreamReader()
        transport, _protocol = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), process.stderr
        )
        with contextlib.closing(transport):
            async for line in reader:
                self._hear(line.decode(errors="replace"))
                told(self)
        status = await asyncio.to_thread(process.wait)  # it has closed its stderr: this is soon
        extent = await asyncio.to_thread(Extent(self.run).look)
        self.kept, self.left = extent.done, extent.left
        self.status = status
        asyncio.get_running_loop().call_soon(told, self)  # when it counts as ended
        return status

    def _launch(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "minicpm_tui", "batch", "--resume"),
                *("--progress-seconds", TOLD_SECONDS, *self.run.arguments),
            ],
            cwd=self.run.folder,
            env={**os.environ, "MINICPM_TUI_API_KEY": self._key} if self._key else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def _hear(self, line: str) -> None:
        self.words = one_line(line) or self.words
        if far := _FAR.match(line):
            self.far = int(far[1]), int(far[2])


class FoundRun(BatchProcess):
    """A run that ``holder`` carries out, which is no child of this program and outlives it. It can be followed and stopped.

    Begun on a command line, or by a program that has ended since.
    """

    def __init__(self, run: BatchRun, holder: Holder) -> None:
        super().__init__(run)
        self._holder = holder

    @property
    def running(self) -> bool:
        return self._holder.alive

    def told(self, answers: int) -> str:
        total = self.run.total
        return _("running in the background: {done}/{total}").format(done=answers, total=total or "?")

    async def wait(self) -> None:
        with DeathWatch(*self._holder) as watch:
            while not await asyncio.to_thread(watch.wait, _LOOK_SECONDS):
                pass

    def _send(self, number: signal.Signals) -> None:
        self._holder.send(number)


def found(run: BatchRun) -> FoundRun | None:
    """What carries ``run`` out without being a child of this program; None when nothing does. Blocks."""
    output = Path(run.output)
    holder = holder_of(output)
    return FoundRun(recent.noted(output) or run, holder) if holder is not None else None


_known: dict[str, BatchProcess] = {}
outlived: dict[str, FoundRun] = {}
"""Runs by their outputs that are told of though this program did not begin them: it neither stops them nor asks about them."""


def process_of(run: BatchRun) -> BatchProcess:
    """The command that last ran for ``run`` here, or one that has not begun."""
    return _known.get(run.output) or BatchProcess(run)


def running() -> list[BatchProcess]:
    """Those that run now."""
    return [process for process in _known.values() if process.running]


async def stop_all() -> None:
    """End them with the program."""
    await asyncio.gather(*(process.stop() for process in _known.values()))
    _known.clear()


def let_go() -> None:
    """They outlive the program."""
    _known.clear()
