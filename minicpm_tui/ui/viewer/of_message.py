"""What to look at: the files on the next message, or those of a message in the conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from minicpm_tui.messages import MemoryBlobs, media_of
from minicpm_tui.ui.viewer.views import View, views_of

if TYPE_CHECKING:
    from minicpm_tui.chat.connect import Connection
    from minicpm_tui.media import MediaLimits
    from minicpm_tui.messages import Message
    from minicpm_tui.sessions import Journal
    from minicpm_tui.ui.attachments.attachment import Attachment


def of_attachment(attachment: Attachment, limits: MediaLimits | None) -> list[View]:
    """A file on the next message, as it will be sent; nothing while it is being prepared."""
    prepared = attachment.prepared
    if prepared is None:
        return []
    family, max_slices = (limits.family, limits.max_slices) if limits else (None, None)
    return views_of([prepared.part], MemoryBlobs(prepared.blobs), family, max_slices)


def of_message(message: Message, journal: Journal, connection: Connection | None) -> list[View]:
    """A message's pictures and videos, as they were sent; cut as the server of ``connection`` would cut them."""
    family = connection.family if connection else None
    max_slices = connection.server.max_slices if connection and connection.server else None
    return views_of(media_of(message.content), journal.blobs, family, max_slices)


def nearest_media(journal: Journal, chosen: str | None) -> Message | None:
    """The message ``chosen`` when it has media, else the last one of the path that has."""
    path = journal.tree.path()
    with_media = [message for message in path if media_of(message.content)]
    return next((message for message in with_media if message.id == chosen), with_media[-1] if with_media else None)


def sheet_of(attachment: Attachment) -> Callable[[], bytes] | None:
    """The picture of all that will be sent of a file; None while it is being prepared."""
    views = of_attachment(attachment, None)
    return views[0].load if views else None
