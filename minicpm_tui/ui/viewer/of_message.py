"""What to look at: the files on the next message, or those of a message in the conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minicpm_tui.messages import MemoryBlobs, media_of
from minicpm_tui.messages.grounding import regions_below
from minicpm_tui.ui.viewer.views import View, views_of

if TYPE_CHECKING:
    from minicpm_tui.chat.connect import Connection
    from minicpm_tui.media import MediaLimits, Prepared
    from minicpm_tui.messages import Message
    from minicpm_tui.sessions import Journal


def of_prepared(prepared: Prepared | None, limits: MediaLimits | None) -> list[View]:
    """A file on the next message, as it will be sent; None is one that is still being prepared."""
    if prepared is None:
        return []
    return views_of([prepared.part], MemoryBlobs(prepared.blobs), limits.family if limits else None)


def of_message(message: Message, journal: Journal, connection: Connection | None) -> list[View]:
    """A message's pictures and videos, as they were sent; cut as the server of ``connection`` would cut them.

    What the replies to it found in them is marked, down to the next message with pictures.
    """
    family = connection.family if connection else None
    regions = tuple(regions_below(journal.tree.path(), message))
    return views_of(media_of(message.content), journal.blobs, family, regions)


def nearest_media(journal: Journal, chosen: str | None) -> Message | None:
    """The message ``chosen`` or the last one above it that has media; without ``chosen`` the last one of the path."""
    path = journal.tree.path()
    end = next((number for number, message in enumerate(path, 1) if message.id == chosen), len(path))
    above = [message for message in path[:end] if media_of(message.content)]
    return above[-1] if above else next((message for message in path if media_of(message.content)), None)


def sheet_of(prepared: Prepared | None) -> View | None:
    """The picture of all that will be sent of a file; None while it is being prepared."""
    views = of_prepared(prepared, None)
    return views[0] if views else None
