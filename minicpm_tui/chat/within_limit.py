"""Asks so that the request has no more bytes than what stands before the server takes, also where a refusal tells that first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import msgspec

from minicpm_tui.chat.budget import turns_of
from minicpm_tui.chat.connect import Connection
from minicpm_tui.chat.context_fit import Plan, dropping
from minicpm_tui.chat.lighter import Scales
from minicpm_tui.errors import RequestTooLarge, ServerUnreachable
from minicpm_tui.messages import BlobReader, End, Message, Notice, ReplyEvent, RequestOptions
from minicpm_tui.messages.request import ChatRequest, build_request


async def weighed(fitted: Plan, sent: Message, scales: Scales) -> Plan:
    """``fitted`` without the oldest turns whose bytes do not go with ``sent``."""
    more = await asyncio.to_thread(scales.turns_to_drop, fitted.path, sent)
    if not more:
        return fitted
    dropped = fitted.dropped + more
    path = tuple(message for turn in turns_of(fitted.path)[more:] for message in turn)
    return replace(
        fitted, budget=replace(fitted.budget, dropped=dropped), path=path, dropped=dropped, notices=dropping(dropped, 0)
    )


def request_of(connection: Connection, options: RequestOptions, fitted: Plan, sent: Message) -> ChatRequest:
    """The request for a reply to ``sent`` below what is left of the history."""
    return build_request((*fitted.path, sent), connection.profile, options)


def as_sent(request: ChatRequest, options: RequestOptions, dropped: int) -> dict[str, Any]:
    """Sampling and system prompt as they go out, and how many turns do not, for the journal."""
    left_out = {"model", "messages", "stream", "stream_options"}
    sent = {name: value for name, value in request.body.items() if name not in left_out}
    if options.system:
        sent["system"] = options.system
    if dropped:
        sent["dropped_turns"] = dropped
    return sent


async def reply_events(
    connection: Connection, options: RequestOptions, fitted: Plan, sent: Message, blobs: BlobReader
) -> AsyncGenerator[ReplyEvent, None]:
    """The reply to ``sent``. A request that is refused for its size goes again without the turns that made it so."""
    while True:
        lighter = fitted
        async with aclosing(connection.backend.stream(request_of(connection, options, fitted, sent), blobs)) as events:
            async for event in events:
                if isinstance(event, End) and event.error is not None and event.error.kind == RequestTooLarge.kind:
                    lighter = await _without_more(fitted, sent, Scales(connection, blobs))
                if lighter is not fitted:
                    break
                yield _helpful(event, connection.when_gone)
        if lighter is fitted:
            return
        fitted = lighter
        for notice in fitted.notices:
            yield Notice(notice)


def _helpful(event: ReplyEvent, when_gone: str) -> ReplyEvent:
    """``event``; that the server is gone is said with what helps there."""
    if not (when_gone and isinstance(event, End) and event.error and event.error.kind == ServerUnreachable.kind):
        return event
    return msgspec.structs.replace(event, error=msgspec.structs.replace(event.error, hint=when_gone))


async def _without_more(fitted: Plan, sent: Message, scales: Scales) -> Plan:
    """``fitted`` with fewer turns, where that is what ``sent`` needs."""
    return await weighed(fitted, sent, scales) if await asyncio.to_thread(scales.fits, sent) else fitted
