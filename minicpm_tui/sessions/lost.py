"""Attachments whose files are gone from the session's folder: the conversation goes on without them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from minicpm_tui.i18n import _
from minicpm_tui.messages import Message, Part, TextPart, media_of
from minicpm_tui.sessions.attachments import AttachmentStore
from minicpm_tui.sessions.ids import ATTACHMENTS
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.text import one_line


def without_lost(path: Iterable[Message], journal: Journal) -> tuple[tuple[Message, ...], list[str]]:
    """``path`` as it can be sent, and what to tell the user. Blocks, but reads no file."""
    messages: list[Message] = []
    notes: list[str] = []
    for message in path:
        content, said = named_if_lost(message.content, journal)
        messages.append(msgspec.structs.replace(message, content=content) if said else message)
        notes += said
    return tuple(messages), notes


def named_if_lost(parts: tuple[Part, ...], journal: Journal) -> tuple[tuple[Part, ...], list[str]]:
    """``parts`` with a line of text for each attachment of which a file is gone, and what to tell the user of each."""
    if journal.path is None:
        return parts, []
    store = AttachmentStore(journal.path / ATTACHMENTS)
    gone = [part for part in media_of(parts) if any(store.path(digest) is None for digest in part.digests)]
    names = [one_line(part.name) for part in gone]
    text = _("{name}: its file is missing from the session; the model is told only its name")
    kept = (TextPart(f"[{part.name}]") if part in gone else part for part in parts)
    return tuple(kept), [text.format(name=name) for name in names]
