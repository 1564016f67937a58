"""Commands around saved sessions that are reached from everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import SESSIONS, Command, open_screen
from minicpm_tui.ui.kit.open_conversation import conversation_of

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen


def _talked(app: App[Any]) -> bool:
    """The conversation shows and something was said in it."""
    conversation = conversation_of(app)
    return conversation is not None and conversation.asked and _chatting(app)


def _chatting(app: App[Any]) -> bool:
    """The conversation is what shows, at most under the command palette: a form has keys of its own."""
    from textual.command import CommandPalette

    screens = [screen for screen in app.screen_stack if not isinstance(screen, CommandPalette)]
    conversation = conversation_of(app)
    return conversation is not None and screens[-1:] == [conversation.screen]


def _library() -> Screen[Any]:
    from minicpm_tui.ui.sessions.library import LibraryScreen

    return LibraryScreen()


def _branch() -> Screen[Any]:
    from minicpm_tui.ui.sessions.branch import BranchScreen

    return BranchScreen()


def _replay() -> Screen[Any]:
    from minicpm_tui.ui.sessions.replay import ReplayScreen

    return ReplayScreen()


def _rerun() -> Screen[Any]:
    from minicpm_tui.ui.sessions.rerun import RerunScreen

    return RerunScreen()


COMMANDS = (
    open_screen(
        "sessions",
        _library,
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
        "branch",
        _branch,
        N_("Branch"),
        N_("Start a new session from this point of the conversation"),
        group=SESSIONS,
        when=_talked,
    ),
    open_screen(
        "replay",
        _replay,
        N_("Replay"),
        N_("Play this conversation with its original timing"),
        group=SESSIONS,
        when=_talked,
    ),
    open_screen(
        "rerun",
        _rerun,
        N_("Rerun"),
        N_("Ask all questions again with the model in use, and compare the answers"),
        group=SESSIONS,
        when=_talked,
    ),
)
