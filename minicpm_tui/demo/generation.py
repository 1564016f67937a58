"""One reply on its way: its pieces, their pace, and the counters that move with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import msgspec

from minicpm_tui.demo import tokens
from minicpm_tui.demo.answer import answer, reasoning
from minicpm_tui.demo.example import example_of
from minicpm_tui.demo.metrics import Metrics
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.prompt import Prompt
from minicpm_tui.demo.validation import ChatBody

_BREATH = 64
"""Pieces sent in one go before others get the event loop, when there is no pace to keep."""


class Reply(msgspec.Struct, frozen=True):
    """``pieces`` are (``content``, ``reasoning`` or ``refusal``, text); with the end mark they are the completion's tokens."""

    pieces: tuple[tuple[str, str], ...]
    finish_reason: str

    @property
    def tokens(self) -> int:
        """The end mark of a reply that stopped by itself counts."""
        return len(self.pieces) + (self.finish_reason != "length")

    def text(self, kind: str) -> str:
        """The pieces of ``kind`` joined."""
        return "".join(text for of, text in self.pieces if of == kind)


def make_reply(prompt: Prompt, body: ChatBody, options: DemoOptions) -> Reply:
    """What the demo server says, cut to the tokens there is room for."""
    kind = "refusal" if options.faults.refuse else "content"
    pieces = [*_thoughts(prompt, body, options), *((kind, piece) for piece in tokens.pieces(_text(prompt, body, options)))]
    room = options.max_model_len - prompt.tokens
    if body.max_tokens is not None:
        room = min(room, body.max_tokens)
    if len(pieces) < room:
        return Reply(tuple(pieces), "content_filter" if options.faults.content_filter else "stop")
    return Reply(tuple(pieces[: max(room, 0)]), "length")


def _text(prompt: Prompt, body: ChatBody, options: DemoOptions) -> str:
    if options.reply is not None:
        return options.reply
    return answer(prompt) if body.schema is None else example_of(body.schema, prompt)


def _thoughts(prompt: Prompt, body: ChatBody, options: DemoOptions) -> Iterator[tuple[str, str]]:
    if not body.thinking or options.thinking == "never":
        return
    thought = reasoning(prompt)
    if options.thinking == "reasoning":
        yield from (("reasoning", piece) for piece in tokens.pieces(thought))
        return
    opening = "<think>\n" if options.thinking == "tags" else ""
    yield from (("content", piece) for piece in tokens.pieces(f"{opening}{thought}</think>\n\n"))


@asynccontextmanager
async def counted(metrics: Metrics, seats: asyncio.Semaphore, prompt: Prompt, reply: Reply) -> AsyncIterator[Progress]:
    """Wait for a seat, then count the request as running; it counts as aborted unless ``finished`` of the progress was set."""
    progress = Progress(metrics)
    metrics.waiting += 1
    try:
        await seats.acquire()
    finally:
        metrics.waiting -= 1
    metrics.queue.observe(progress.seconds)
    metrics.running += 1
    metrics.prompt_tokens += prompt.tokens
    metrics.cached_tokens += prompt.cached_tokens
    metrics.held_tokens += prompt.tokens
    try:
        yield progress
    finally:
        seats.release()
        metrics.running -= 1
        metrics.held_tokens -= prompt.tokens + progress.generated
        progress.end(reply.finish_reason)


class Progress:
    """Times of one request, in seconds."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._started = self._last = time.monotonic()
        self._first: float | None = None
        self.generated = 0
        self.finished = False

    @property
    def seconds(self) -> float:
        """Since the request came."""
        return time.monotonic() - self._started

    def token(self) -> None:
        """A token was made."""
        now = time.monotonic()
        if self._first is None:
            self._first = now
            self._metrics.first_token.observe(now - self._started)
            self._metrics.prefill.observe(now - self._started)
        else:
            self._metrics.between_tokens.observe(now - self._last)
        self._last = now
        self.generated += 1
        self._metrics.generation_tokens += 1
        self._metrics.held_tokens += 1

    def end(self, reason: str) -> None:
        """The request is over, aborted unless it had finished."""
        now = time.monotonic()
        if not self.finished:
            self._metrics.aborted += 1
            return
        self._metrics.finished[reason] += 1
        self._metrics.whole_request.observe(now - self._started)
        self._metrics.decode.observe(now - (self._first or now))


async def paced(count: int, options: DemoOptions) -> AsyncIterator[int]:
    """0 … ``count - 1``, each when its token is due."""
    await asyncio.sleep(options.first_token_seconds)
    started = time.monotonic()
    for index in range(count):
        if options.tokens_per_second:
            wait = started + index / options.tokens_per_second - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
        elif index % _BREATH == 0:
            await asyncio.sleep(0)
        yield index
