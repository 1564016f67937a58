"""The commands of the screen that lists the sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import SESSIONS, Command
from minicpm_tui.ui.kit.virtual_list import moves

if TYPE_CHECKING:
    from minicpm_tui.ui.sessions.session_list import SessionList
    from minicpm_tui.ui.sessions.session_source import SessionSource


class _Library(Protocol):
    """What the commands ask of the screen."""

    source: SessionSource

    @property
    def listing(self) -> SessionList: ...


def _some(screen: _Library) -> bool:
    return bool(screen.listing.session)


def _here(screen: _Library) -> bool:
    """A session that is not in the trash."""
    return _some(screen) and not screen.source.in_trash


def _trashed(screen: _Library) -> bool:
    return _some(screen) and bool(screen.source.in_trash)


def _command(action: str, title: str, help_text: str, *keys: str, **more: Any) -> Command:
    return Command(action, title, help_text, keys=keys, group=SESSIONS, **more)


COMMANDS = (
    _command("continue", N_("Continue"), N_("Continue this conversation"), "enter", hint=N_("Continue"), when=_here),
    _command("restore_asked", N_("Restore"), N_("Restore it from the trash"), "enter", hint=N_("Restore"), when=_trashed),
    _command(
        "close",
        N_("Close"),
        N_("Back from the trash to the sessions, from the sessions to the conversation"),
        "escape",
        hint=N_("Back"),
        palette=False,
    ),
    _command(
        "replay", N_("Replay"), N_("Play it with its original timing"), "ctrl+r", hint=N_("Replay"), priority=True, when=_here
    ),
    _command("rerun", N_("Rerun"), N_("Ask its questions again and compare"), "f5", hint=N_("Rerun"), priority=True, when=_here),
    _command("rename", N_("Rename"), N_("Give it a title"), "f2", hint=N_("Rename"), priority=True, when=_here),
    _command(
        "export", N_("Export"), N_("Export it as Markdown, HTML, JSON …"), "f6", hint=N_("Export"), priority=True, when=_here
    ),
    _command("delete", N_("Delete"), N_("Move it to the trash"), "ctrl+d", hint=N_("Delete"), priority=True, when=_here),
    _command("restore", N_("Restore"), N_("Restore it from the trash"), "ctrl+d", priority=True, when=_trashed),
    _command(
        "trash", N_("Trash"), N_("Show the deleted sessions, or the others again"), "ctrl+t", hint=N_("Trash"), priority=True
    ),
    *moves(SESSIONS),
)
