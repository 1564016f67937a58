"""The worker process: vLLM's interpreter running a script of ours, fed on stdin, answering on a pipe of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from minicpm_tui.decoding import json_object
from minicpm_tui.errors import StartFailed
from minicpm_tui.i18n import _
from minicpm_tui.servers import logfiles, processes
from minicpm_tui.servers.explain import Diagnosis
from minicpm_tui.servers.stages import TITLES

SCRIPTS = Path(__file__).parent / "worker"
LINE_LIMIT = 1 << 26
"""Bytes of one answer."""
SILENCE_SECONDS = 1800.0
"""Neither an answer nor a line in the log for so long: it hangs. Compiling and downloading are silent for many minutes."""
END_SECONDS = 30.0
TERM_SECONDS = 10.0
_LOG_PIECE = 1 << 20
_numbers = count(1)
"""Of the workers of this program: each has a log of its own."""


@dataclass
class WorkerProcess:
    """A running worker. ``alive_at`` (monotonic seconds) is when it last said anything."""

    process: asyncio.subprocess.Process
    results: asyncio.StreamReader
    log: Path
    alive_at: float

    async def send(self, line: bytes) -> None:
        """One line for its stdin; waits while it has enough. A worker that is gone is noticed where its results end."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.process.stdin.write(line + b"\n")
            await self.process.stdin.drain()

    def no_more(self) -> None:
        """The end of what it is sent."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    async def receive(self) -> dict[str, Any] | None:
        """The next message, None when it has ended."""
        line = await self.results.readline()
        self.alive_at = time.monotonic()
        if not line.endswith(b"\n"):
            return None
        return json_object(line)

    async def end(self, *, patience: float = 0.0) -> None:
        """Wait ``patience`` seconds for it to end, then end it and all that it started: their GPU memory is free afterwards."""
        self.no_more()
        for seconds, number in ((patience, signal.SIGTERM), (TERM_SECONDS, signal.SIGKILL)):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), seconds)
                break
            self._signal(number)
        await self.process.wait()
        self._signal(signal.SIGKILL)  # engine processes that it left behind are in its group
        await asyncio.to_thread(_wait_until_gone, self.process.pid)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


def _wait_until_gone(group: int) -> None:
    """Return when nothing but zombies is left of a process group that was killed, or after ``TERM_SECONDS``."""
    deadline = time.monotonic() + TERM_SECONDS
    while any(processes.living(group)) and time.monotonic() < deadline:
        time.sleep(0.05)


async def start(command: Sequence[str], environ: Mapping[str, str]) -> WorkerProcess:
    """Run ``command`` with the number of its result pipe appended. Raises StartFailed, StorageError."""
    name = f"batch-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{next(_numbers)}"
    log = await asyncio.to_thread(logfiles.open_new, name)
    reading, writing = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            str(writing),
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**environ, "VLLM_LOGGING_COLOR": "0", "NO_COLOR": "1"},
            pass_fds=(writing,),
            start_new_session=True,
        )
    except OSError as error:
        os.close(reading)
        raise StartFailed(f"{command[0]}: {error.strerror}", hint=_("check vllm_command in config.toml")) from error
    finally:
        os.close(writing)
        os.close(log)
    results = asyncio.StreamReader(limit=LINE_LIMIT)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(results), os.fdopen(reading, "rb", buffering=0))
    return WorkerProcess(process, results, logfiles.path_for(name), time.monotonic())


def ended_with(status: int) -> str:
    """What a process's exit ``status`` tells: negative is the signal that ended it."""
    return signal.strsignal(-status) or "" if status < 0 else _("exit status {status}").format(status=status)


class LogWatch:
    """Follows the worker's log: says what it does while it loads, and why it ended."""

    def __init__(self, worker: WorkerProcess, say: Callable[[str], None]) -> None:
        self._worker = worker
        self._say = say
        self._diagnosis = Diagnosis()
        self._place = 0
        self._said = ""

    async def follow(self) -> None:
        """Once a second, until cancelled. Raises StartFailed when the worker has been silent for too long."""
        while True:
            await asyncio.to_thread(self._read)
            current = self._diagnosis.reader.current
            if current is not None and current not in {self._said, "ready"}:
                self._said = current
                self._say(f"vLLM: {_(TITLES[current])}")
            if time.monotonic() - self._worker.alive_at > SILENCE_SECONDS:
                minutes = round(SILENCE_SECONDS / 60)
                raise StartFailed(
                    _("vLLM has been silent for {minutes} minutes").format(minutes=minutes),
                    title=_("vLLM does not respond"),
                    hint=_("see its log: {path}").format(path=self._worker.log),
                )
            await asyncio.sleep(1.0)

    def failure(self, said: str) -> StartFailed:
        """Why it ended: what its log tells, else what it ``said``. Blocks."""
        self._read()
        self._diagnosis.finish()
        failure = self._diagnosis.explanation().failure
        hints = [remedy.label for remedy in failure.remedies] if failure else []
        hints += [failure.hint] if failure and failure.hint else []
        hints += [_("see its log: {path}").format(path=self._worker.log)]
        return StartFailed(
            failure.line if failure else said,
            title=failure.title if failure else _("vLLM ended before the batch was finished"),
            hint="; ".join(hints),
        )

    def _read(self) -> None:
        with contextlib.suppress(OSError), self._worker.log.open("rb") as file:
            file.seek(self._place)
            while piece := file.read(_LOG_PIECE):
                self._place += len(piece)
                self._worker.alive_at = time.monotonic()
                self._diagnosis.feed(piece)
