"""A new session from a point of the one that is open."""

from __future__ import annotations

import asyncio

from textual import work

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit.dialogs import Ask
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.messages import OpenSession
from minicpm_tui.ui.kit.open_conversation import conversation_of


class BranchScreen(Ask):
    """Asks, then opens a copy of the path down to the message under the cursor (the last one without a cursor)."""

    def __init__(self) -> None:
        question = _("Start a new session from this point? The open one stays as it is.")
        super().__init__(question, (("branch", _("Start")), ("close", _("Cancel"))))

    def chosen(self, key: str) -> None:
        """The window stays until the work is done."""
        if key == "branch":
            self._branch()
        else:
            self.answer(None)

    @work(group="branch", exclusive=True)
    async def _branch(self) -> None:
        from minicpm_tui.sessions.branch import branch

        conversation = conversation_of(self.app)
        if conversation is None or conversation.journal is None or conversation.point is None:
            return
        try:
            journal = await asyncio.to_thread(branch, conversation.journal, conversation.point)
            await asyncio.to_thread(journal.close)
        except MinicpmTuiError as error:
            self.notify(one_line(error_line(error.info)), severity="warning", timeout=10, markup=False)
        else:
            if journal.path is not None:
                self.app.post_message(OpenSession(journal.id))
        self.answer(None)
