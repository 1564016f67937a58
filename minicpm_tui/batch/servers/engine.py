"""Answers through servers: spread by load, with back-off, retries and a watch on each server's figures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from minicpm_tui.batch.engine import Answer, Ready
from minicpm_tui.batch.progress import say, stderr_console
from minicpm_tui.batch.servers.balancer import Balancer, Seat
from minicpm_tui.batch.servers.bare import without_media
from minicpm_tui.batch.servers.client import Reply, Server
from minicpm_tui.batch.servers.concurrency import Pace
from minicpm_tui.batch.servers.limit import Limit
from minicpm_tui.chat.budget import guess_tokens
from minicpm_tui.chat.uncounted import doubtful, dropped, not_counted
from minicpm_tui.errors import (
    AuthenticationFailed,
    BackendError,
    ServerFailed,
    ServerOverloaded,
    ServerStalled,
    ServerUnreachable,
)

TRIES = 3
"""How often a request may break before it is an error line: one that kills servers must not kill them all for ever."""
POLL_SECONDS = 1.0
REFUSED_POLLS, SILENT_POLLS = 2, 20
"""So many looks at a server that refuses, or does not answer in time, and its requests go elsewhere."""


class ServerEngine:
    """Asks ``servers``.

    Args:
        concurrency: requests under way at all of them together; None finds it from their running and waiting figures.
        patience: seconds without any answer from any server after which the run is given up.
        down: the URLs of servers that do not answer yet, and why.
    """

    def __init__(
        self,
        servers: Sequence[Server],
        *,
        concurrency: int | None = None,
        patience: float = 120.0,
        down: Mapping[str, BackendError] | None = None,
    ) -> None:
        self._servers = {server.url: server for server in servers}
        seats = [Seat(server.url, Pace(concurrency)) for server in self._servers.values()]
        for seat in seats:
            if (error := (down or {}).get(seat.name)) is not None:
                seat.lost(error, time.monotonic())
        self._balancer = Balancer(seats, patience=patience, most=concurrency)
        self._calls: dict[str, set[asyncio.Task[Reply]]] = {url: set() for url in self._servers}
        self._looked = self._told = False
        self.ready = True
        self.limit = Limit(fixed=concurrency is not None)
        self.wanted = max(8, min(32, concurrency or 32))

    @property
    def trouble(self) -> str:
        """Why no server answers; empty while one does."""
        return self._balancer.trouble

    async def run(self, inbox: asyncio.Queue[Ready | None], answers: asyncio.Queue[Answer | None]) -> None:
        """See ``Engine``. Raises BatchError when no server answers any more, AuthenticationFailed when the key is wrong."""
        watching = [asyncio.create_task(self._watch(seat)) for seat in self._balancer.seats]
        try:
            async with asyncio.TaskGroup() as tasks:
                ready = await inbox.get()
                while ready is not None:
                    if ready.body:
                        seat = await self._seat()
                        tasks.create_task(self._answer(ready, seat, answers))
                    else:
                        await answers.put(Answer(ready.item, error=ready.error))
                    ready = await self._next(inbox)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)

    async def aclose(self) -> None:
        """Close the connections to every server."""
        for server in self._servers.values():
            await server.aclose()

    async def _next(self, inbox: asyncio.Queue[Ready | None]) -> Ready | None:
        began = time.monotonic()
        ready = await inbox.get()
        self.limit.hungry += time.monotonic() - began
        return ready

    async def _seat(self) -> Seat:
        began = time.monotonic()
        seat = await self._balancer.acquire()
        if not self._balancer.failing:
            self.limit.full += time.monotonic() - began
        return seat

    async def _answer(self, ready: Ready, seat: Seat, answers: asyncio.Queue[Answer | None]) -> None:
        broken = 0
        while True:
            began = time.monotonic()
            answer: Answer | None = None
            try:
                reply = await self._ask(seat, ready.body)
                self._tell(ready, reply)
                answer = _answered(ready, reply, began)
                await self._look_for_dropped(seat, ready.body, answer)
            except AuthenticationFailed:
                raise
            except (ServerUnreachable, ServerOverloaded, ServerFailed, ServerStalled) as error:
                await self._note_failure(seat, error)
                if isinstance(error, (ServerFailed, ServerStalled)):  # it was sent: it may be what breaks the server
                    broken += 1
                if broken >= TRIES:
                    answer = _failed(ready, error, began)
            except BackendError as error:
                seat.succeeded()
                answer = _failed(ready, error, began)
            else:
                seat.succeeded()
            finally:
                self._balancer.release(seat)
            if answer is not None:
                await answers.put(answer)
                return
            seat = await self._balancer.acquire(but=seat)

    def _tell(self, ready: Ready, reply: Reply) -> None:
        """Say of the first answer that is not whole what is wrong with it."""
        if reply.notice and not self._told:
            self._told = True
            say(stderr_console(), f"{ready.item.id}: {reply.notice}")

    async def _look_for_dropped(self, seat: Seat, body: bytes, answer: Answer) -> None:
        """Say once that the server drops pictures: told by what it counts for the first request without them."""
        if self._looked or answer.usage is None or b"_url" not in body:
            return
        self._looked = True
        found = await asyncio.to_thread(without_media, body)
        if found is None or not doubtful(answer.usage.prompt_tokens, guess_tokens(found.text), found.media):
            return
        with suppress(BackendError):
            reply = await self._servers[seat.name].ask(found.body)
            if reply.usage is not None and dropped(answer.usage.prompt_tokens, reply.usage.prompt_tokens, found.media):
                say(stderr_console(), not_counted())

    async def _note_failure(self, seat: Seat, error: BackendError) -> None:
        """A busy server rests; one that is not healthy gets nothing more; a healthy one only failed this request."""
        if isinstance(error, ServerOverloaded):
            seat.busy(error, time.monotonic())
        elif isinstance(error, ServerUnreachable) or not await self._servers[seat.name].healthy():
            seat.lost(error, time.monotonic())

    async def _ask(self, seat: Seat, body: bytes) -> Reply:
        """One try. When the watch finds the server gone, it cancels the call, which then counts as broken."""
        call = asyncio.create_task(self._servers[seat.name].ask(body))
        calls = self._calls[seat.name]
        calls.add(call)
        try:
            await asyncio.wait((call,))
        except asyncio.CancelledError:
            call.cancel()
            raise
        finally:
            calls.discard(call)
        if call.cancelled():
            raise ServerFailed(seat.name)
        return call.result()

    async def _watch(self, seat: Seat) -> None:
        """Follow the server's figures; notice when it is gone while requests hang on it, and when it is back."""
        server = self._servers[seat.name]
        silent = 0
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if seat.down:
                if await server.healthy():
                    seat.back()
                    self._balancer.wake()
                continue
            try:
                load = await server.load()
            except BackendError as error:
                silent += 1
                if silent >= (REFUSED_POLLS if isinstance(error, ServerUnreachable) else SILENT_POLLS):
                    silent = 0
                    self._leave(seat, error)
                continue
            silent = 0
            if load is not None:
                seat.pace.observe(*load, seat.under_way)
                self.limit.look(*load, seat.under_way)
                self._balancer.wake()

    def _leave(self, seat: Seat, error: BackendError) -> None:
        """What hangs on a dead server is asked elsewhere."""
        seat.lost(error, time.monotonic())
        for call in tuple(self._calls[seat.name]):
            call.cancel()


def _answered(ready: Ready, reply: Reply, began: float) -> Answer:
    return Answer(
        ready.item,
        text=reply.text,
        reasoning=reply.reasoning,
        usage=reply.usage,
        finish_reason=reply.finish_reason,
        refused=reply.refused,
        seconds=time.monotonic() - began,
    )


def _failed(ready: Ready, error: BackendError, began: float) -> Answer:
    return Answer(ready.item, seconds=time.monotonic() - began, error=str(error))
