"""Who says something, in exports and on stdout."""

from __future__ import annotations

from minicpm_tui.i18n import _
from minicpm_tui.messages import Message
from minicpm_tui.text import one_line


def role_label(message: Message) -> str:
    """``You``, the model's name, or ``System``."""
    if message.role == "user":
        return _("You")
    if message.role == "system":
        return _("System")
    return one_line(message.model or "") or _("Assistant")
