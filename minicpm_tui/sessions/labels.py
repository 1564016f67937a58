"""Who says something and when, in exports and on stdout."""

from __future__ import annotations

from minicpm_tui.i18n import _
from minicpm_tui.messages import Message, Tree, message_ending
from minicpm_tui.sessions.ids import moment_of
from minicpm_tui.sessions.private import bare, without_places
from minicpm_tui.text import format_duration, one_line


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
    return one_line(bare(message.model or "")) or _("Assistant")


def full_label(tree: Tree, message: Message) -> str:
    """``role_label``, and which of several alternatives it is: ``MiniCPM-V · answer 2 of 2``."""
    number, count = tree.position(message.id)
    if count < 2:
        return role_label(message)
    place = _("answer {number} of {count}") if message.role == "assistant" else _("question {number} of {count}")
    return f"{role_label(message)} · {place.format(number=number, count=count)}"


def ending_label(message: Message, *, places: bool = False) -> str:
    """What a reader should know of a reply's end: cut off, failed, refused, empty. Empty for every other message.

    ``places``: with the addresses and paths that an error names, for the user's own eyes.
    """
    text = one_line(message_ending(message).text)
    return text if places else without_places(text)


def facts_label(message: Message) -> str:
    """How long a reply took and how many tokens it has; empty where neither is known."""
    if message.end is None:
        return ""
    facts = [format_duration(message.end.seconds)] if message.end.seconds >= 1 else []
    if message.end.usage:
        facts.append(_("{count} tokens").format(count=message.end.usage.completion_tokens))
    return " · ".join(facts)
