"""What the end of a reply means, in the conversation, on stderr, in a batch and in exports alike."""

from __future__ import annotations

from typing import Literal, NamedTuple

from minicpm_tui.i18n import _
from minicpm_tui.messages.events import End
from minicpm_tui.messages.message import Message

EndKind = Literal["complete", "unfinished", "error", "abort", "refusal", "content_filter", "length", "repetition", "empty"]
"""``unfinished``: the program died before the reply was over; ``abort``: it was stopped. Finish reasons keep their names."""


class Ending(NamedTuple):
    """``text`` is a sentence or two for the user (translated), with what to do; empty for a reply that is ``complete``."""

    kind: EndKind
    text: str


def ending_of(end: End | None, text: str, reasoning: str = "") -> Ending:
    """The meaning of ``end`` for a reply that says ``text`` and thought ``reasoning``.

    Finish reasons: https://platform.openai.com/docs/api-reference/chat/object; ``abort`` and ``repetition`` are vLLM's.
    """
    if end is None:
        return Ending("unfinished", _("Unfinished: the program ended before the reply did. Ask again to get all of it."))
    if end.error is not None:
        return Ending("error", end.error.line())
    if end.refused:
        return Ending("refusal", _("The model declined to answer"))
    if cut := _cut_off(end.finish_reason, written=bool(text.strip())):
        return cut
    if text.strip():
        return Ending("complete", "")
    if reasoning.strip():
        return Ending("empty", _("The model thought, but wrote no answer. Ask again, or without thinking."))
    return Ending("empty", _("The reply is empty. Ask again, or in other words."))


def _cut_off(finish_reason: str | None, *, written: bool) -> Ending | None:
    """The meaning of a finish reason that ends a reply before it is whole; ``written``: some of it is there."""
    match finish_reason:
        case "abort":
            return Ending("abort", _("Stopped"))
        case "content_filter" if written:
            return Ending("content_filter", _("Cut off by the server's content filter"))
        case "content_filter":
            return Ending("content_filter", _("The server's content filter held the reply back"))
        case "length" if written:
            return Ending("length", _("Cut off: the token limit is reached. Raise it, or ask to go on."))
        case "length":
            return Ending("length", _("Cut off before the answer began: the token limit is reached. Raise it."))
        case "repetition":
            return Ending("repetition", _("Cut off: the reply was repeating itself. Ask again."))
    return None


def message_ending(message: Message) -> Ending:
    """What the end of a message means; one that is no reply is ``complete``."""
    if message.role != "assistant":
        return Ending("complete", "")
    return ending_of(message.end, message.text, message.reasoning)
