"""A new session from any point of another."""

from __future__ import annotations

import shutil

from minicpm_tui.messages import Blob, BlobReader, Message, media_of
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.lost import without_lost

BRANCH_OF = "branch_of"
"""The setting that names the session a branch came from."""


def branch(source: Journal, message_id: str) -> Journal:
    """A new session with the path down to ``message_id``, its attachments and the settings; open for writing.

    An attachment of which a file is gone becomes its name. The source is not changed.

    Raises KeyError, StorageError; SessionDamaged when an attachment is damaged.
    """
    path, _notes = without_lost(source.tree.path(source.tree.messages[message_id].id), source)
    journal = Journal.create(settings={**source.settings, BRANCH_OF: source.id}, save=source.path is not None)
    try:
        for message in path:
            journal.append_message(message, blobs_of(message, source.blobs))
    except BaseException:
        journal.close()
        if journal.path is not None:
            shutil.rmtree(journal.path, ignore_errors=True)
        raise
    if source.title and source.title != journal.title:
        journal.set_title(source.title)
    return journal


def blobs_of(message: Message, blobs: BlobReader) -> dict[str, Blob]:
    """The bytes of a message's attachments. Raises SessionDamaged."""
    return {digest: Blob(blobs.read(digest), part.media_type) for part in media_of(message.content) for digest in part.digests}
