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
        self._given_up: dict[str, str] = {}

    def begin(self, question: str, text: str, attachments: Iterable[Attachment] = ()) -> None:
        """Put the question into the composer, or what an edit of it that was given up had come to.

        ``attachments`` are the files that are to replace its own.
        """
        composer, tray = self._composer, self._tray
        written, files = composer.message, tray.take()
        if self.question is None:
            self.text, self.attachments = written, files
        self.question = question
        composer.write(self._given_up.pop(question, text))
        tray.restore(attachments)
        composer.border_title = _("Editing a question · Esc leaves it · its files stay unless you attach others")
        composer.add_class("-editing")
        composer.focus()

    def give_up(self) -> None:
        """The user leaves the edit: what was written comes back with the question."""
        if self.question is not None:
            self._given_up[self.question] = self._composer.message
        self.end()

    def end(self) -> None:
        """The edit is sent or left: the composer holds the next message again, as it was."""
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
