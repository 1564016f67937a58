"""Asks again with smaller pictures where nobody is there to be asked whether that is wanted."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from minicpm_tui.chat.events import Asked, ChatEvent
from minicpm_tui.chat.session import ChatSession
from minicpm_tui.i18n import _
from minicpm_tui.messages import End, Notice

_TIMES = 6
"""From 100 MB to 1 MB by the usual limits takes no more."""


async def fitting(session: ChatSession, asking: AsyncGenerator[ChatEvent, None]) -> AsyncGenerator[ChatEvent, None]:
    """The events of ``asking``, and of asking with smaller pictures, a few times, while a gateway refuses them for their size."""
    reply = ""
    for left in reversed(range(_TIMES)):
        refused: End | None = None
        async with aclosing(asking) as events:
            async for event in events:
                reply = event.reply.id if isinstance(event, Asked) else reply
                if isinstance(event, End) and left and reply and session.can_be_lighter(reply):
                    refused = event
                else:
                    yield event
        if refused is None or refused.error is None:
            return
        yield Notice(_("{title}: sent again with smaller pictures.").format(title=refused.error.title))
        asking = session.retry(reply)
