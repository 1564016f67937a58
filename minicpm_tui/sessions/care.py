"""Is a session whole?"""

from __future__ import annotations

from pathlib import Path

import msgspec

from minicpm_tui.errors import SessionDamaged, StorageError
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.messages import media_of
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.attachments import AttachmentStore
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.journal_reader import follow
from minicpm_tui.sessions.saved import damage_of
from minicpm_tui.text import one_line


class Check(msgspec.Struct, frozen=True):
    """``problems`` and ``notes`` are sentences: what is damaged, and what this version does not know.

    ``attachments`` counts the files whose digests were compared.
    """

    id: str
    ok: bool
    messages: int
    attachments: int
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()


def check(folder: Path) -> Check:
    """Read everything of a session and compare every digest. Nothing is changed."""
    try:
        with Journal.open(folder, read_only=True) as journal, (folder / ids.JOURNAL).open("rb") as file:
            reading = follow(file, lambda _event: None)
    except StorageError as error:
        return Check(folder.name, ok=False, messages=0, attachments=0, problems=(str(error),))
    problems = damage_of(reading)
    notes = tuple(note for note in journal.notes if note not in problems)
    if (torn := reading.size - reading.end) > 0:
        problems.append(
            _("the last line is incomplete ({count} bytes); it is removed when the session is continued").format(count=torn)
        )
    store = AttachmentStore(folder / ids.ATTACHMENTS)
    files = list(store.files())
    for digest, path in files:
        try:
            store.read(digest)
        except SessionDamaged as error:
            problems.append(f"{error.title}: {path.name}")
    problems += missing(journal)
    return Check(folder.name, not problems, len(journal.tree.messages), len(files), tuple(problems), notes)


def missing(journal: Journal) -> list[str]:
    """A sentence for each attachment of which files are gone; they are not read."""
    if journal.path is None:
        return []
    stored = {digest for digest, _path in AttachmentStore(journal.path / ids.ATTACHMENTS).files()}
    media = [part for message in journal.tree.messages.values() for part in media_of(message.content)]
    counts = [(part, sum(digest not in stored for digest in part.digests)) for part in media]
    return [_gone(one_line(part.name), gone, len(part.digests)) for part, gone in counts if gone]


def _gone(name: str, count: int, of: int) -> str:
    text = ngettext("{name}: {count} of {all} file is missing", "{name}: {count} of {all} files are missing", of)
    return text.format(name=name, count=count, all=of)
