"""How a server that others started cuts pictures, learned from what it counts for the first ones."""

from __future__ import annotations

from minicpm_tui.chat.connect import Connection
from minicpm_tui.chat.context_fit import Plan
from minicpm_tui.families.learned import slicing_of
from minicpm_tui.i18n import _
from minicpm_tui.messages import ImagePart, Message, Usage, media_of

_TEMPLATE_TOKENS = 12
"""Beside the marks around the message: those of the reply's beginning, and with 2.6 a system prompt of its own."""
_DOUBT_TOKENS = 30
"""What a short text and the template may differ from the guess; a slice costs twice as much."""
_SHORT_TEXT = 60


def learn(connection: Connection, fitted: Plan, question: Message, usage: Usage) -> str:
    """What to say when the server cuts pictures otherwise than was thought, which is remembered for it; else empty.

    Only a short first question with nothing but pictures of known sizes tells.
    """
    parts = media_of(question.content)
    pictures = [(part.width, part.height) for part in parts if isinstance(part, ImagePart) and part.width and part.height]
    known = connection.server is not None or connection.family.generic
    if known or not parts or len(pictures) < len(parts) or fitted.path or fitted.budget.text > _SHORT_TEXT:
        return ""
    counted = usage.prompt_tokens - fitted.budget.text - _TEMPLATE_TOKENS
    found = slicing_of(connection.family, pictures, counted, doubt=_DOUBT_TOKENS)
    if found is None:
        return ""
    connection.memory.learn_slicing(*found)
    return _("This server cuts pictures otherwise than its model does by itself: the next ones are prepared for that.")
