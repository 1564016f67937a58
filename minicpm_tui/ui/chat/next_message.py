"""The message that is being written: its text, its files, and the question that it may be an edit of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.i18n import ngettext
from minicpm_tui.ui.chat.draft_saver import unsent
from minicpm_tui.ui.chat.message_queue import Outgoing
from minicpm_tui.ui.chat.question_edit import QuestionEdit
from minicpm_tui.ui.composer import drafts

if TYPE_CHECKING:
    from minicpm_tui.media import Prepared
    from minicpm_tui.ui.attachments.tray import Tray
    from minicpm_tui.ui.chat.context_line import ContextLine
    from minicpm_tui.ui.composer.composer import Composer
    from minicpm_tui.ui.composer.drafts import Draft


class NextMessage:
    """What stands in ``composer`` and ``tray``. ``edit`` tells whether it is a question anew."""

    def __init__(self, composer: Composer, tray: Tray) -> None:
        self.edit = QuestionEdit(composer, tray)
        self._composer = composer
        self._tray = tray

    @property
    def problem(self) -> str:
        """Why it cannot be sent as it is: files that cannot be read. Empty when it can."""
        broken = [attachment.name for attachment in self._tray.attachments if attachment.error]
        line = ngettext(
            "{names} cannot be sent: remove it first (⇧Tab, then Del)",
            "{names} cannot be sent: remove them first (⇧Tab, then Del)",
            len(broken),
        )
        return line.format(names=", ".join(broken)) if broken else ""

    @property
    def ready(self) -> list[Prepared]:
        """Its files that are prepared."""
        return [attachment.prepared for attachment in self._tray.attachments if attachment.prepared]

    def take(self, text: str) -> Outgoing:
        """It is to be sent with ``text``: what stands there afterwards is the message after it."""
        outgoing = Outgoing(text.rstrip(), self._tray.take(), self.edit.question)
        self._composer.write("")
        self._composer.remember(text.strip())
        self.edit.end()
        return outgoing

    def receive(self, paths: Sequence[str]) -> None:
        """Files that came from the user's own machine are on it; the paths that were pasted for them are not."""
        self._tray.attach(paths)
        for path in paths:
            self._composer.arrived(Path(path).name)

    def give_back(self, outgoing: Outgoing) -> None:
        """A message that was not sent goes back to where it was written, before what is written now."""
        if outgoing.replaces is not None:
            self.edit.begin(outgoing.replaces, outgoing.text, outgoing.attachments)
            return
        written = self._composer.message
        both = written.strip() and outgoing.text
        self._composer.write(f"{outgoing.text}\n\n{written}" if both else outgoing.text or written)
        self._tray.restore(outgoing.attachments)

    def make_fit(self, line: ContextLine) -> None:
        """Do what ``line`` proposes."""
        for attachment, wish in line.changes(self._tray.attachments):
            self._tray.change(attachment, wish)

    def unsent(self, waiting: Sequence[Outgoing]) -> Draft:
        """Everything that is not sent yet: what is ``waiting`` its turn, what an edit has set aside, what is being written."""
        texts = (self.edit.text, self._composer.message)
        return unsent(waiting, texts, (*self.edit.attachments, *self._tray.attachments))

    async def take_over(self) -> None:
        """Go on with what a program that ended left behind, unless something is being written."""
        draft = await asyncio.to_thread(drafts.take_over)
        if draft is None or self._composer.text:
            return
        if draft.text:
            self._composer.write(draft.text)
        if draft.attachments:
            self._tray.attach(draft.attachments)
