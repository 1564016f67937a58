"""Servers that take pictures and drop them: told by what they count for the same question with and without."""

from __future__ import annotations

from contextlib import aclosing

import msgspec

from minicpm_tui.chat.connect import Connection
from minicpm_tui.chat.context_fit import Plan
from minicpm_tui.chat.within_limit import request_of
from minicpm_tui.i18n import _
from minicpm_tui.messages import BlobReader, End, Message, RequestOptions, TextPart, Usage, media_of

LEAST_TOKENS = 16
"""No model that sees takes fewer tokens for a picture."""
_TEMPLATE_TOKENS = 32
"""What a chat template may add: marks, and a system message of its own."""


def doubtful(counted: int, text: int, media: int) -> bool:
    """Whether ``counted`` tokens of a prompt, ``text`` of which are guessed to be text, may be without its ``media`` pictures.

    True says little: the guess may be wrong by half.
    """
    return media > 0 and counted < text * 3 // 2 + _TEMPLATE_TOKENS + media * LEAST_TOKENS


def dropped(counted: int, without: int, media: int) -> bool:
    """Whether a prompt of ``counted`` tokens has none of its ``media`` pictures; ``without`` them it has so many."""
    return counted - without < media * LEAST_TOKENS // 2


def not_counted() -> str:
    """What is said of such a server."""
    return _("This server did not count the picture or video: the model has not seen it. Is it a model for text alone?")


async def unseen(
    connection: Connection, options: RequestOptions, fitted: Plan, sent: Message, usage: Usage, blobs: BlobReader
) -> str:
    """What to say when the server has dropped the media of ``sent``: in doubt it is asked for one token without them."""
    media = media_of(sent.content)
    text = fitted.budget.text + sum(fitted.budget.history[fitted.budget.dropped :])
    if not doubtful(usage.prompt_tokens, text, len(media)):
        return ""
    bare = tuple(part for part in sent.content if isinstance(part, TextPart)) or (TextPart("?"),)
    short = msgspec.structs.replace(options, max_tokens=1)
    request = request_of(connection, short, fitted, msgspec.structs.replace(sent, content=bare))
    async with aclosing(connection.backend.stream(request, blobs)) as events:
        async for event in events:
            if isinstance(event, End) and event.usage is not None:
                return not_counted() if dropped(usage.prompt_tokens, event.usage.prompt_tokens, len(media)) else ""
    return ""
