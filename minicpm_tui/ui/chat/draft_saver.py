"""Keeps what is being written on disk, half a second after the last change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from textual.timer import Timer
from textual.widget import Widget

from minicpm_tui.errors import StorageError
from minicpm_tui.ui.composer import drafts
from minicpm_tui.ui.composer.drafts import Draft
from minicpm_tui.ui.kit.error_line import error_line

if TYPE_CHECKING:
    from minicpm_tui.ui.attachments.attachment import Attachment
    from minicpm_tui.ui.chat.message_queue import Outgoing

PAUSE = 0.5
"""Seconds after the last change."""


def unsent(waiting: Sequence[Outgoing], texts: Iterable[str], attachments: Iterable[Attachment]) -> Draft:
    """Everything that is not sent yet: what waits its turn, then ``texts`` and ``attachments``: what is set aside or written."""
    written = [*(outgoing.text for outgoing in waiting), *texts]
    files = [*(file for outgoing in waiting for file in outgoing.attachments), *attachments]
    return Draft("\n\n".join(text for text in written if text.strip()), tuple(file.written for file in files))


class DraftSaver:
    """Saves what ``draft`` returns; ``failed`` is called once with one line when it cannot.

    ``changed`` is to be called whenever text or files change. ``owner`` is the widget whose timers it uses.
    """

    def __init__(self, owner: Widget, draft: Callable[[], Draft], failed: Callable[[str], None]) -> None:
        self._owner = owner
        self._draft = draft
        self._failed = failed
        self._timer: Timer | None = None
        self._told = False

    def changed(self) -> None:
        """Save soon."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._owner.set_timer(PAUSE, self._save)

    def keep(self) -> None:
        """Save now (blocks). Raises StorageError."""
        drafts.save(self._draft())

    async def save(self) -> None:
        """Save now. Raises StorageError."""
        await asyncio.to_thread(drafts.save, self._draft())

    async def _save(self) -> None:
        try:
            await self.save()
        except StorageError as error:
            if not self._told:
                self._told = True
                self._failed(error_line(error.info))
