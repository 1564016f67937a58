"""One reply from the backend to the screen and to the disk, whatever happens on the way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import TypeVar

from minicpm_tui.chat.writer import ReplyWriter
from minicpm_tui.errors import ServerFailed
from minicpm_tui.i18n import _
from minicpm_tui.messages import ABORT, Delta, End, Notice, ReplyEvent, Usage
from minicpm_tui.sessions import Journal

T = TypeVar("T")


async def stream_reply(
    events: AsyncGenerator[ReplyEvent, None],
    journal: Journal,
    reply_id: str,
    emit: Callable[[ReplyEvent], None],
    *,
    check_usage: Callable[[Usage], Awaitable[str]],
) -> End:
    """Hand on ``events``, the reply ``reply_id``, and write it down; the last event is the ``End`` that is returned.

    ``check_usage`` may have something to say about what the server counted. Cancelling ends the reply with finish_reason
    ``abort``, keeps what had arrived, and is not passed on.
    """
    writer = ReplyWriter(journal, reply_id)
    began, first = time.monotonic(), None
    end: End | None = None
    try:
        async with aclosing(events):
            async for event in events:
                if isinstance(event, End):
                    end = event
                    break
                if isinstance(event, Delta):
                    first = event.at if first is None else first
                    writer.add(event)
                emit(event)
                _tell(writer, emit)
    except asyncio.CancelledError:
        end = End(ABORT, seconds=round(time.monotonic() - began, 4), first_token_seconds=first)
    if end is None:
        end = End(error=ServerFailed(_("the connection broke off during the reply")).info)
    await completed(writer.close(end))
    _tell(writer, emit)
    if end.usage is not None and end.finish_reason != ABORT:
        with suppress(asyncio.CancelledError):  # the reply is complete: stopping stops the check alone
            if said := await check_usage(end.usage):
                emit(Notice(said))
    emit(end)
    return end


async def completed(work: Awaitable[T]) -> tuple[T, bool]:
    """The result of ``work``, which is not disturbed by being cancelled, and whether that was tried."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    return task.result(), cancelled


def _tell(writer: ReplyWriter, emit: Callable[[ReplyEvent], None]) -> None:
    """Say once that the reply is not being saved."""
    if writer.trouble is not None and not writer.told:
        writer.told = True
        emit(Notice(_("This reply is not saved: {trouble}").format(trouble=writer.trouble)))
