"""Opens the session that a command line asks for."""

from __future__ import annotations

from minicpm_tui import paths
from minicpm_tui.errors import SessionNotFound, UsageError
from minicpm_tui.i18n import _
from minicpm_tui.sessions import Journal
from minicpm_tui.sessions.ids import JOURNAL


def open_journal(session: str | None = None, *, latest: bool = False, save: bool = True) -> Journal:
    """A saved session by id or prefix, the ``latest`` one, or a new one that is kept when ``save``. Blocks.

    Raises UsageError for wishes that exclude each other, else what ``Journal.open`` raises.
    """
    if (session is not None) + latest + (not save) > 1:
        raise UsageError(_("--session, --continue and --no-save cannot be used together"))
    if session is not None:
        return Journal.open(session)
    if latest:
        return Journal.open(latest_id())
    return Journal.create(save=save)


def latest_id() -> str:
    """The session that was written last. Raises SessionNotFound when there is none."""
    journals = [path for path in paths.sessions_dir().glob(f"*/{JOURNAL}") if path.is_file()]
    if not journals:
        raise SessionNotFound(_("no session is saved yet"), hint=_("ask without --continue first"))
    return max(journals, key=lambda path: path.stat().st_mtime).parent.name
