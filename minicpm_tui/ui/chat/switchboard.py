"""Which conversation shows, and which server it goes to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.libraries import give_back_large_blocks
from minicpm_tui.ui.chat.presence import watch
from minicpm_tui.ui.kit.error_line import error_line

if TYPE_CHECKING:
    from minicpm_tui.ui.chat.pane import TalkPane
    from minicpm_tui.ui.kit.messages import ServerLoading, ServerLost, UseServer
    from minicpm_tui.ui.kit.start_options import Launch


_FIRST_SECONDS = 0.4
"""A server on this machine has answered by then; the rest of the screen would take the processor from it."""


class Switchboard:
    """Opens conversations in ``talk`` and connects them with servers; ``changed`` is called when either is another one."""

    def __init__(self, talk: TalkPane, changed: Callable[[], None]) -> None:
        self._talk = talk
        self._model = talk.model
        self._changed = changed

    async def start(self, launch: Launch, fill: Callable[[], Awaitable[None]]) -> None:
        """Connect as ``launch`` says, ``fill`` the rest of the screen and show the conversation, once the first paint is there.

        Modules are imported in threads: keys are taken meanwhile.
        """
        connecting = asyncio.create_task(self.connect(demo=launch.demo))
        try:
            await asyncio.wait({connecting}, timeout=_FIRST_SECONDS)
            await fill()
            await asyncio.to_thread(give_back_large_blocks)
            await asyncio.to_thread(import_module, "minicpm_tui.ui.chat.furnishing")
            from minicpm_tui.ui.chat.furnishing import furnish

            await furnish(self._talk)
            await self._talk.next.take_over()
            await self.open_session(launch.session, latest=launch.resume)
            await connecting
        finally:
            connecting.cancel()

    async def open_session(self, session_id: str = "", *, latest: bool = False) -> None:
        """Show a saved conversation, or a new one."""
        try:
            journal = await asyncio.to_thread(self._model.find, session_id, latest=latest)
        except MinicpmTuiError as error:
            self._talk.say(error_line(error.info), seconds=15)
            if self._model.journal is None and (session_id or latest):
                await self.open_session()
            return
        await asyncio.to_thread(import_module, "minicpm_tui.chat.session")
        await self._talk.whole.wait()
        self._talk.leave()
        await self._model.enter(journal)
        self._talk.show(journal)
        self._changed()

    async def connect(self, wish: UseServer | None = None, *, demo: bool = False) -> None:
        """Talk with ``wish``, the demo server, or the one that the settings name."""
        self._model.connector.begin()
        self._changed()
        try:
            await self._model.connect(wish, demo=demo)
        except MinicpmTuiError as error:
            self._talk.not_connected(error_line(error.info))
        else:
            self._talk.connected()
            self._talk.run_worker(watch(self._talk, self._changed), group="presence", exclusive=True)
        self._changed()

    def again(self, message_id: str | None = None) -> None:
        """Ask for another reply; a demo server that has died is started again for it."""
        if not self._model.connector.demo_ended:
            self._talk.outbox.again(message_id)
        elif not self._model.connecting:
            self._talk.run_worker(self._revived(message_id), group="connect")

    async def _revived(self, message_id: str | None) -> None:
        await self.connect(demo=True)
        if not self._model.connector.demo_ended:
            self._talk.outbox.again(message_id)

    async def use(self, wish: UseServer) -> None:
        """Talk with another server; one that wants a key is given one. Run it in a worker."""
        from minicpm_tui.ui.chat.unlock import unlock

        await self.connect(wish)
        await unlock(self._talk.app, self._model.connector, partial(self.connect, wish), self._talk.say)

    def expect(self, loading: ServerLoading) -> None:
        """A server is loading: where there is none to talk with, this is the one that is waited for."""
        self._model.connector.expect(loading)
        self._changed()

    def lose(self, lost: ServerLost) -> None:
        """The server has ended: if it is the one that is talked with, the status says so at once."""
        self._model.connector.lose(lost.url, lost.problem)
        self._changed()
