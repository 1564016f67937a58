"""Commands around saved sessions that are reached from everywhere."""

from __future__ import annotations

from typing import Any

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import SESSIONS, Command, open_screen

_HERE = "minicpm_tui.ui.sessions"


def _talked(app: Any) -> bool:
    """The conversation shows and something was said in it."""
    return _chatting(app) and bool(app.chat.model.asked)


def _chatting(app: Any) -> bool:
    """The conversation is what shows, at most under the command palette: a form has keys of its own."""
    from textual.command import CommandPalette

    screens = [screen for screen in app.screen_stack if not isinstance(screen, CommandPalette)]
    return bool(screens) and screens[-1] is app.chat


COMMANDS = (
    open_screen(
        f"{_HERE}.library:LibraryScreen",
        N_("Sessions"),
        N_("Find, continue, replay, export and delete saved sessions"),
        keys=("ctrl+s",),
        hint=N_("Sessions"),
        group=SESSIONS,
        priority=True,
        when=_chatting,
    ),
    Command(
        "export",
        N_("Export"),
        N_("Export this conversation as Markdown, HTML, JSON …"),
        keys=("f12",),
        group=SESSIONS,
        priority=True,
        when=_talked,
    ),
    open_screen(
        f"{_HERE}.branch:BranchScreen",
        N_("Branch"),
        N_("Start a new session from this point of the conversation"),
        group=SESSIONS,
        when=_talked,
    ),
    open_screen(
        f"{_HERE}.replay:ReplayScreen",
        N_("Replay"),
        N_("Play this conversation with its original timing"),
        group=SESSIONS,
        when=_talked,
    ),
    open_screen(
        f"{_HERE}.rerun:RerunScreen",
        N_("Rerun"),
        N_("Ask all questions again with the model in use, and compare the answers"),
        group=SESSIONS,
        when=_talked,
    ),
)
