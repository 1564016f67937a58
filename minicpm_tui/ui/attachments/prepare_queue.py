"""Gets attachments ready in threads, a few at a time, for the model that will see them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from minicpm_tui.errors import MediaError, MinicpmTuiError
from minicpm_tui.ui.attachments.attachment import Attachment

if TYPE_CHECKING:
    from minicpm_tui.chat.preparer import Preparer
    from minicpm_tui.media import AttachmentSpec

AT_ONCE = 2


class PrepareQueue:
    """Has ``preparer`` make them; ``changed`` is called on the event loop whenever an attachment has something new to show."""

    def __init__(self, preparer: Preparer, changed: Callable[[Attachment], None]) -> None:
        self._preparer = preparer
        self._changed = changed
        self._room = asyncio.Semaphore(AT_ONCE)

    async def expand(self, what: Sequence[str]) -> tuple[list[AttachmentSpec], list[MediaError]]:
        """Files, folders, globs and URLs as single attachments, and why others of a folder are left out. Raises MediaError."""
        from minicpm_tui.media import expand

        skipped: list[MediaError] = []
        return await asyncio.to_thread(expand, what, skipped.append), skipped

    async def prepare(self, attachment: Attachment, beside: Callable[[], Sequence[Attachment]]) -> None:
        """Inspect it and, when the model is known, make it ready beside the files of its message. What goes wrong is said in it.

        What was made for another model is thrown away: whoever changed it has it prepared anew.
        """
        async with self._room:
            try:
                if await self._made(attachment, beside()):
                    attachment.done.set()
            except MinicpmTuiError as error:
                attachment.error = f"{error.title} — {error.hint}" if error.hint else error.title
                attachment.done.set()
        self._changed(attachment)

    async def _made(self, attachment: Attachment, files: Sequence[Attachment]) -> bool:
        from minicpm_tui.media import PreparationCancelled

        loop = asyncio.get_running_loop()

        def show() -> None:
            loop.call_soon_threadsafe(self._changed, attachment)

        def progress(part: float) -> None:
            if int(part * 20) != int(attachment.progress * 20):
                attachment.progress = part
                show()

        try:
            return await self._preparer.prepare_one(
                attachment, files, progress=progress, cancelled=lambda: attachment.cancelled, inspected=show
            )
        except PreparationCancelled:
            return False
        except (OSError, ValueError, MemoryError) as error:
            raise MediaError(f"{attachment.name}: {error}") from error
