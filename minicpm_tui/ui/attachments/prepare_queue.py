"""Gets attachments ready in threads, a few at a time, for the model that will see them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from minicpm_tui.errors import MediaError, MinicpmTuiError
from minicpm_tui.ui.attachments.attachment import Attachment

if TYPE_CHECKING:
    from minicpm_tui.media import AttachmentSpec, MediaLimits, Prepared

AT_ONCE = 2


class Preparing:
    """``changed`` is called on the event loop whenever an attachment has something new to show."""

    def __init__(self, changed: Callable[[Attachment], None]) -> None:
        self._changed = changed
        self._room = asyncio.Semaphore(AT_ONCE)

    async def expand(self, what: Sequence[str]) -> list[AttachmentSpec]:
        """Files, folders, globs and URLs as single attachments. Raises MediaError."""
        from minicpm_tui.media import expand

        return await asyncio.to_thread(expand, what)

    async def prepare(self, attachment: Attachment, limits: Callable[[], MediaLimits | None]) -> None:
        """Inspect it and, when ``limits`` are known, make it ready. What goes wrong is said in the attachment.

        What was made for another model is thrown away: whoever changed it has it prepared anew. So it is with what has more or
        less room now.
        """
        async with self._room:
            try:
                await self._inspect(attachment)
                if (known := limits()) is not None and not attachment.cancelled:
                    made = await self._prepare(attachment, known)
                    if (now := limits()) is not None and alike(now, known):
                        attachment.prepared, attachment.room = made, known.context_tokens_left
                        attachment.done.set()
            except MinicpmTuiError as error:
                attachment.error = f"{error.title} — {error.hint}" if error.hint else error.title
                attachment.done.set()
        self._changed(attachment)

    async def _inspect(self, attachment: Attachment) -> None:
        from minicpm_tui.media import inspect

        path = attachment.spec.path
        if path is not None and attachment.info is None:
            attachment.info = await asyncio.to_thread(inspect, path)
            self._changed(attachment)

    async def _prepare(self, attachment: Attachment, limits: MediaLimits) -> Prepared | None:
        from minicpm_tui.media import PreparationCancelled, prepare

        loop = asyncio.get_running_loop()

        def progress(part: float) -> None:
            if int(part * 20) != int(attachment.progress * 20):
                attachment.progress = part
                loop.call_soon_threadsafe(self._changed, attachment)

        try:
            return await asyncio.to_thread(
                prepare, attachment.spec, limits, progress=progress, cancelled=lambda: attachment.cancelled
            )
        except PreparationCancelled:
            return None
        except (OSError, ValueError, MemoryError) as error:
            raise MediaError(f"{attachment.name}: {error}") from error


def alike(one: MediaLimits, other: MediaLimits) -> bool:
    """Limits that differ in what is left for a message alone, or not at all."""
    return msgspec.structs.replace(one, context_tokens_left=other.context_tokens_left, videos=other.videos) == other
