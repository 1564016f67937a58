"""The journal as it is handed on."""

from __future__ import annotations

from collections.abc import Iterator

from minicpm_tui.errors import SessionError
from minicpm_tui.i18n import _
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.ids import JOURNAL
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.lines import Overlong, lines
from minicpm_tui.sessions.private import without_private


def journal_text(journal: Journal, options: Options) -> Iterator[bytes]:
    """The journal line by line, without private facts unless they are wanted, and without lines that are too long to be ours.

    Raises SessionError where it is not saved, OSError where it cannot be read.
    """
    if not journal.saved or journal.path is None:
        raise SessionError(journal.id, title=_("The session is not saved"))
    with (journal.path / JOURNAL).open("rb") as file:
        whole = (line for line in lines(file) if not isinstance(line, Overlong))
        yield from whole if options.with_paths else map(without_private, whole)
