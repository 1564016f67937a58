"""Who says something and when, in exports and on stdout."""

from __future__ import annotations

from minicpm_tui.i18n import _
from minicpm_tui.messages import Message, message_ending
from minicpm_tui.sessions.ids import moment_of
from minicpm_tui.text import one_line


def date_label(stamp: str) -> str:
    """An ISO 8601 text as a person writes it; as it is where it says nothing."""
    moment = moment_of(stamp)
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else one_line(stamp)


def role_label(message: Message) -> str:
    """``You``, the model's name, or ``System``."""
    if message.role == "user":
        return _("You")
    if message.role == "system":
        return _("System")
    return one_line(message.model or "") or _("Assistant")


def ending_label(message: Message) -> str:
    """What a reader should know of a reply's end: cut off, failed, refused, empty. Empty for every other message."""
    return one_line(message_ending(message).text)
