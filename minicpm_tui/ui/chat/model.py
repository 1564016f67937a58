"""The conversation that is open: its journal, the server it talks with, and the ChatSession that joins them."""

from __future__ import annotations

import asyncio
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui import paths
from minicpm_tui.ui.chat.connection import ChatState, Connecting, Connector
from minicpm_tui.ui.kit.messages import UseServer
from minicpm_tui.ui.kit.start_options import Launch

if TYPE_CHECKING:
    from minicpm_tui.chat.connect import Connection
    from minicpm_tui.chat.preparer import Preparer
    from minicpm_tui.chat.session import ChatSession
    from minicpm_tui.messages import RequestOptions
    from minicpm_tui.sessions import Journal


class ChatModel:
    """What the chat screen shows and acts on; the only place that holds it.

    ``journal`` is there once ``enter`` was called; ``session`` when there is a connection too. ``batch`` are a few words on what
    goes on beside the conversation.
    """

    def __init__(self, launch: Launch) -> None:
        self.connector = Connector(launch)
        self.journal: Journal | None = None
        self.session: ChatSession | None = None
        self.options: RequestOptions | None = None
        self.batch = ""
        self._launch = launch

    @cached_property
    def preparer(self) -> Preparer:
        """Makes the files of its messages ready, whichever session is open."""
        from minicpm_tui.chat.preparer import Preparer

        return Preparer()

    @property
    def state(self) -> ChatState:
        """How it stands with the server."""
        return self.connector.state

    @property
    def connection(self) -> Connection | None:
        """The connection in use; the server behind it may be lost."""
        return self.connector.connection

    @property
    def connecting(self) -> bool:
        """A server is being asked or waited for: what is sent waits with it."""
        return isinstance(self.state, Connecting)

    @property
    def asked(self) -> bool:
        """There is a question in this conversation."""
        return self.journal is not None and bool(self.journal.tree.messages)

    @property
    def last_question(self) -> str | None:
        """The id of the last question of the path that shows."""
        path = self.journal.tree.path() if self.journal else ()
        return next((message.id for message in reversed(path) if message.role == "user"), None)

    def received_folder(self) -> Path:
        """Where files that come from the user's own machine are put while this conversation is open."""
        return paths.received_dir() / (self.journal.id if self.journal else "new")

    @property
    def receive_limit(self) -> int:
        """Bytes of one such file."""
        return self._launch.config.settings.receive_megabytes * 1_000_000

    async def enter(self, journal: Journal) -> None:
        """Go on with ``journal``; the conversation before is closed."""
        await self._close_session()
        self.journal = journal
        self._choose_options()
        self._join()

    @staticmethod
    def find(session_id: str = "", *, latest: bool = False) -> Journal:
        """A saved conversation by id or prefix, the latest one, or a new one (blocks). Raises SessionError, StorageError."""
        from minicpm_tui.chat.session_choice import latest_id
        from minicpm_tui.sessions import Journal

        if session_id or latest:
            return Journal.open_any(session_id or latest_id())
        return Journal.create()

    def _choose_options(self) -> None:
        from minicpm_tui.chat.options import options_for

        assert self.journal is not None
        self.options = options_for(self._launch.config, self.journal.settings)

    async def connect(self, wish: UseServer | None = None, *, demo: bool = False) -> None:
        """Talk with another server; the conversation stays. Raises MinicpmTuiError when it does not answer."""
        await self.connector.open(wish, demo=demo)
        if self.session is not None and self.connection is not None:
            await self.session.use(self.connection)
        else:
            self._join()

    def _join(self) -> None:
        if self.journal is not None and self.connection is not None and self.options is not None:
            from minicpm_tui.chat.session import ChatSession

            self.session = ChatSession(self.journal, self.connection, self.options, self.preparer)

    async def change(self, options: RequestOptions) -> None:
        """Ask with ``options`` from now on. Raises StorageError."""
        self.options = options
        if self.session is not None:
            await self.session.change(options)

    async def _close_session(self) -> None:
        if self.session is not None:
            await self.session.aclose()
        elif self.journal is not None:
            await asyncio.to_thread(self.journal.close)
        self.session = self.journal = None

    async def close(self) -> None:
        """Let go of everything; a reply that streams is kept as far as it came."""
        await self._close_session()
        await self.connector.close()
