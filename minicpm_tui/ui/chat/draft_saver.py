"""Keeps what is being written on disk, half a second after the last change."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.timer import Timer

from minicpm_tui.errors import StorageError
from minicpm_tui.ui.composer import drafts
from minicpm_tui.ui.composer.drafts import Draft

if TYPE_CHECKING:
    from minicpm_tui.ui.chat.pane import TalkPane

PAUSE = 0.5


class Drafting:
    """One for a talk pane; ``changed`` whenever text or files change."""

    def __init__(self, talk: TalkPane) -> None:
        self._talk = talk
        self._timer: Timer | None = None
        self._told = False

    def changed(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._talk.set_timer(PAUSE, self._save)

    def now(self) -> Draft:
        """Everything that is not sent yet: what waits its turn, what an edit has set aside, what is being written."""
        talk = self._talk
        waiting = talk.queue.waiting
        texts = [*(outgoing.text for outgoing in waiting), talk.editing.text, talk.composer.text]
        attached = [*(file for outgoing in waiting for file in outgoing.attachments), *talk.editing.attachments]
        files = [file.written for file in (*attached, *talk.tray.attachments)]
        return Draft("\n\n".join(text for text in texts if text.strip()), tuple(files))

    async def _save(self) -> None:
        try:
            await asyncio.to_thread(drafts.save, self.now())
        except StorageError as error:
            if not self._told:
                self._told = True
                self._talk.say(error.info.line())

    async def restore(self) -> None:
        """Take over what a program that ended left behind."""
        draft = await asyncio.to_thread(drafts.take_over)
        if draft is None or self._talk.composer.text:
            return
        if draft.text:
            self._talk.composer.write(draft.text)
        if draft.attachments:
            self._talk.tray.attach(draft.attachments)
