"""Writing a question anew; what was being written is set aside meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from minicpm_tui.i18n import _

if TYPE_CHECKING:
    from minicpm_tui.ui.attachments.attachment import Attachment
    from minicpm_tui.ui.attachments.tray import Tray
    from minicpm_tui.ui.composer.composer import Composer


class QuestionEdit:
    """``question`` is the id of the question that the composer holds, None while it holds the next message.

    ``text`` and ``attachments`` are the next message's while it is set aside.
    """

    def __init__(self, composer: Composer, tray: Tray) -> None:
        self.question: str | None = None
        self.text = ""
        self.attachments: list[Attachment] = []
        self._composer = composer
        self._tray = tray

    def begin(self, question: str, text: str, attachments: Iterable[Attachment] = ()) -> None:
        """Put the question into the composer, with the files that are to replace its own."""
        composer, tray = self._composer, self._tray
        written, files = composer.text, tray.take()
        if self.question is None:
            self.text, self.attachments = written, files
        self.question = question
        composer.write(text)
        tray.restore(attachments)
        composer.border_title = _("Editing a question; its attachments stay unless you attach others · Esc cancels")
        composer.add_class("-editing")
        composer.focus()

    def end(self) -> None:
        """The edit is sent or given up: the composer holds the next message again, as it was."""
        if self.question is None:
            return
        composer, tray = self._composer, self._tray
        self.question = None
        composer.write(self.text)
        tray.take()
        tray.restore(self.attachments)
        self.text, self.attachments = "", []
        composer.border_title = ""
        composer.remove_class("-editing")
