"""The conversation of the chat screen, as other rooms know it (``kit.open_conversation``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minicpm_tui.ui.chat.screen import ChatScreen

if TYPE_CHECKING:
    from minicpm_tui.chat.connect import Connection
    from minicpm_tui.config import Config
    from minicpm_tui.sessions import Journal


class ShownConversation:
    """What other rooms may ask of the conversation of ``screen``."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen

    @property
    def screen(self) -> ChatScreen:
        """Where it shows."""
        return self._screen

    @property
    def config(self) -> Config:
        """The settings it was opened with."""
        return self._screen.launch.config

    @property
    def journal(self) -> Journal | None:
        """Where it is written; None until it is opened."""
        return self._screen.model.journal

    @property
    def connection(self) -> Connection | None:
        """The server in use; None without one."""
        return self._screen.model.connection

    @property
    def asked(self) -> bool:
        """There is a question in it."""
        return self._screen.model.asked

    @property
    def point(self) -> str | None:
        """The id of the message under the cursor, else of the last one."""
        return self._screen.talk.pane.cursor.message_id or (self.journal.tree.leaf if self.journal else None)

    async def open_new(self) -> None:
        """Show a new conversation in its place."""
        await self._screen.switchboard.open_session()
