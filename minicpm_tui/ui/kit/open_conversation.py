"""The conversation that is open, as rooms beside the chat know it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from minicpm_tui.chat.connect import Connection
    from minicpm_tui.config import Config
    from minicpm_tui.sessions import Journal


class OpenConversation(Protocol):
    """What other rooms may ask of the conversation."""

    @property
    def screen(self) -> Screen[Any]:
        """Where it shows."""

    @property
    def config(self) -> Config:
        """The settings it was opened with."""

    @property
    def journal(self) -> Journal | None:
        """Where it is written; None until it is opened."""

    @property
    def connection(self) -> Connection | None:
        """The server in use; None without one."""

    @property
    def asked(self) -> bool:
        """There is a question in it."""

    @property
    def point(self) -> str | None:
        """The id of the message under the cursor, else of the last one."""

    async def open_new(self) -> None:
        """Show a new conversation in its place."""


@runtime_checkable
class Conversing(Protocol):
    """An app that has a conversation."""

    @property
    def conversation(self) -> OpenConversation:
        """The one that is open."""


def conversation_of(app: App[Any]) -> OpenConversation | None:
    """The conversation of ``app``; None where there is none, as in a replay alone."""
    return app.conversation if isinstance(app, Conversing) else None


def written_here(app: App[Any], session_id: str) -> Journal | None:
    """The journal of a session when that is the conversation of ``app``, open for writing."""
    conversation = conversation_of(app)
    journal = conversation.journal if conversation else None
    return journal if journal is not None and journal.id == session_id and not journal.read_only else None
