"""An ``Engine`` that is a worker process: vLLM without a server, or Ray."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from minicpm_tui.backends.reasoning import split_reasoning
from minicpm_tui.batch.engine import Answer, Ready
from minicpm_tui.batch.records import Item
from minicpm_tui.batch.vllm.process import END_SECONDS, LogWatch, WorkerProcess, ended_with, start
from minicpm_tui.i18n import _
from minicpm_tui.messages import Usage

PREPARED_AHEAD = 64


class OfflineEngine:
    """Feeds one worker process and takes its answers.

    Args:
        command: the interpreter that has vLLM, and the script.
        order: what the script is told first.
        say: shows a line to the user while vLLM loads.
        thinking: requests switch thinking on.
        most: requests under way at once, and none before vLLM is ready: the others are left to workers beside this one. None
            for as many as the worker reads.
    """

    def __init__(
        self,
        command: Sequence[str],
        order: Mapping[str, Any],
        *,
        environ: Mapping[str, str],
        say: Callable[[str], None],
        thinking: bool = False,
        most: int | None = None,
    ) -> None:
        self._command = command
        self._order = order
        self._environ = environ
        self._say = say
        self._thinking = thinking
        self._worker: WorkerProcess | None = None
        self._pending: dict[int, tuple[Item, float]] = {}
        self._room = asyncio.Semaphore(0 if most else sys.maxsize)
        self._most = most or 0
        self.wanted = PREPARED_AHEAD
        self.ready = False
        self.trouble = ""

    async def run(self, inbox: asyncio.Queue[Ready | None], answers: asyncio.Queue[Answer | None]) -> None:
        """See ``Engine``. Raises StartFailed when vLLM does not start, or ends before all is answered."""
        self._worker = await start(self._command, self._environ)
        watch = LogWatch(self._worker, self._say)
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(watch.follow())
            feeding = tasks.create_task(self._feed(self._worker, inbox, answers))
            await self._receive(self._worker, watch, answers)
            following.cancel()
            feeding.cancel()
        await self._worker.end(patience=END_SECONDS)
        self._worker = None

    async def aclose(self) -> None:
        """End the worker and the engine processes that it started."""
        if self._worker is not None:  # also when it has died: the engine processes that it started live on
            await self._worker.end()
            self._worker = None

    async def _feed(
        self, worker: WorkerProcess, inbox: asyncio.Queue[Ready | None], answers: asyncio.Queue[Answer | None]
    ) -> None:
        await worker.send(msgspec.json.encode(self._order))
        number = 0
        while (ready := await self._next(inbox)) is not None:
            if not ready.body:
                self._room.release()
                await answers.put(Answer(ready.item, error=ready.error))
                continue
            self._pending[number] = (ready.item, time.monotonic())
            await worker.send(b'{"number":%d,"body":%b}' % (number, ready.body))
            number += 1
        inbox.put_nowait(None)  # for a worker beside this one
        worker.no_more()

    async def _next(self, inbox: asyncio.Queue[Ready | None]) -> Ready | None:
        await self._room.acquire()
        return await inbox.get()

    async def _receive(self, worker: WorkerProcess, watch: LogWatch, answers: asyncio.Queue[Answer | None]) -> None:
        said = ""
        while (message := await worker.receive()) is not None:
            if "number" in message:
                if (answer := self._answer(message)) is not None:
                    await answers.put(answer)
            elif "ready" in message:
                self._ready(message["ready"])
            elif "over" in message:
                return
            else:
                said = str(message.get("failed", ""))
        status = await worker.process.wait()
        raise await asyncio.to_thread(watch.failure, said or ended_with(status))

    def _ready(self, facts: Mapping[str, Any]) -> None:
        self.ready = True
        for _place in range(self._most):
            self._room.release()
        self._say(_("vLLM {version} is ready").format(version=facts.get("version", "")))
        if left_out := facts.get("left_out"):
            self._say(_("this vLLM version does not know {options}: left out").format(options=", ".join(left_out)))

    def _answer(self, message: Mapping[str, Any]) -> Answer | None:
        item, began = self._pending.pop(message["number"], (None, 0.0))
        if item is None:
            return None  # a piece that was halved may tell an answer twice
        self._room.release()
        seconds = time.monotonic() - began
        if error := message.get("error"):
            return Answer(item, seconds=seconds, error=str(error))
        finish = message["finish_reason"]
        text, reasoning = split_reasoning(message["text"], finish, expected=self._thinking)
        usage = Usage(**message["usage"])
        return Answer(item, text=text, reasoning=reasoning, usage=usage, finish_reason=finish, seconds=seconds)
