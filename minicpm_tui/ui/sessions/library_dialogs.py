"""What the list of sessions asks the user. Run these in a worker."""

from __future__ import annotations

from typing import Any, Literal

from textual.app import App

from minicpm_tui.i18n import _
from minicpm_tui.sessions.summary import SessionInfo
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit.dialogs import Ask, Line

_TITLE = 60


async def ask_title(app: App[Any], info: SessionInfo) -> str | None:
    """A new title, empty for the first words; None to leave it."""
    return await app.push_screen_wait(Line(_("Title"), info.title, placeholder=_("empty: the first words")))


async def ask_to_leave(app: App[Any], info: SessionInfo) -> bool:
    """Whether the conversation that is open here may be deleted."""
    question = _("“{title}” is the open conversation. Delete it and start a new one?")
    text = question.format(title=one_line(info.title, _TITLE))
    return await app.push_screen_wait(Ask(text, (("close", _("Cancel")), ("delete", _("Delete"))))) == "delete"


async def ask_to_restore(app: App[Any], info: SessionInfo) -> Literal["restore", "continue"] | None:
    """Whether to bring a session back from the trash, and to go on with it."""
    text = _("Restore “{title}” from the trash?").format(title=one_line(info.title, _TITLE))
    answers = (("restore", _("Restore")), ("continue", _("Restore and continue")), ("close", _("Cancel")))
    answer = await app.push_screen_wait(Ask(text, answers))
    return answer if answer in {"restore", "continue"} else None  # type: ignore[return-value] # mypy does not narrow by a set
