"""What the files of a message may take: of the model, of the server, and of what the conversation above leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from minicpm_tui.chat.budget import dropped_before, fewest_tokens, history_tokens, reply_room
from minicpm_tui.media.spec import MediaLimits
from minicpm_tui.messages import Message, RequestOptions

if TYPE_CHECKING:
    from minicpm_tui.chat.connect import Connection

SHORT_QUESTION = 16
"""Tokens of a text that is not written yet, with the marks around it."""


def limits_under(
    connection: Connection, options: RequestOptions, above: Sequence[Message], text: int = SHORT_QUESTION
) -> MediaLimits:
    """The limits of a message below the messages ``above``, beside a text of so many tokens.

    A video gets its fewest frames also where the history leaves no room for them: old turns go then, as always.
    """
    server, left = connection.server, None
    if connection.max_model_len is not None:
        taken = sum(history_tokens(above, connection.family)[dropped_before(above) :])
        room = max(connection.max_model_len - text - reply_room(options.max_tokens, connection.max_model_len), 0)
        left = max(room - taken, min(room, fewest_tokens(connection.family)))
    return MediaLimits(
        family=connection.family,
        num_frames=server.num_frames if server else None,
        context_tokens_left=left,
        local_server=server is not None,
        videos=connection.limits.get("video"),
        safe_frames=connection.safe_frames,
        pillow=connection.facts.is_vllm,
    )
