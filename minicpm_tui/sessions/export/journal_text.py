"""The journal as it is handed on."""

from __future__ import annotations

from minicpm_tui.errors import SessionError
from minicpm_tui.i18n import _
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.ids import JOURNAL
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.private import without_private


def journal_text(journal: Journal, options: Options) -> bytes:
    """The bytes of the journal, without private facts unless they are wanted. Raises SessionError where it is not saved."""
    if not journal.saved or journal.path is None:
        raise SessionError(journal.id, title=_("The session is not saved"))
    data = (journal.path / JOURNAL).read_bytes()
    return data if options.with_paths else without_private(data)
