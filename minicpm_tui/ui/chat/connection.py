"""The way to a server: connecting happens after the first paint, and can be tried again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from minicpm_tui.errors import MinicpmTuiError, ServerUnreachable
from minicpm_tui.messages import End
from minicpm_tui.ui.kit.messages import ServerLoading, UseServer
from minicpm_tui.ui.kit.start_options import Launch

if TYPE_CHECKING:
    from minicpm_tui.chat.connect import Connection, Target
    from minicpm_tui.demo import DemoProcess


@dataclass
class Link:
    """``connection`` is None until there is one; ``problem`` is one line when there is none and none is tried any more.

    ``lost``: its server is known to have ended, or cannot be reached. The connection stays: it will do again
    when the server is back. ``loading``: a server that is not ready yet; ``trying`` stays True while it is waited for.
    """

    launch: Launch
    connection: Connection | None = None
    problem: str = ""
    trying: bool = True
    lost: bool = False
    loading: ServerLoading | None = None
    demo: DemoProcess | None = None
    _warming: asyncio.Task[None] | None = field(default=None, repr=False)

    async def open(self, wish: UseServer | None = None, *, demo: bool = False) -> bool:
        """Connect as the settings say, to ``wish``, or to the demo server; True when that went well.

        The connection before stays in use until the new one stands.
        """
        from minicpm_tui.chat.connect import connect

        self.trying, self.problem, self.loading = True, "", None
        try:
            config = self.launch.config
            target = await self._target(wish, demo=demo)
            before, self.connection = self.connection, await connect(config, target=target)
            self.lost = False
            self._warm(self.connection)
            if before is not None:
                await before.aclose()
        except MinicpmTuiError as error:
            self.problem = error.info.line()
        finally:
            self.trying = False
        return not self.problem

    @property
    def stands(self) -> bool:
        """Whether there is a connection whose server is not known to have ended."""
        return self.connection is not None and not self.lost

    def expect(self, loading: ServerLoading) -> None:
        """Wait for a server that loads, unless there is one to talk with."""
        if not self.stands:
            self.loading, self.trying, self.problem = loading, True, ""

    def lose(self, url: str, problem: str) -> None:
        """The server at ``url`` has ended."""
        if self.loading is not None and self.loading.url == url:
            self.loading, self.trying, self.problem = None, False, problem
        if self.connection is not None and self.connection.url == url:
            self.lost, self.problem = True, problem

    def heard(self, end: End) -> None:
        """A reply is over: it tells whether the server is there."""
        if end.error is None:
            self.lost = False
        elif end.error.kind == ServerUnreachable.kind and self.connection is not None:
            self.lose(self.connection.url, end.error.line())

    def _warm(self, connection: Connection) -> None:
        """Import what the first reply needs while the question is being written."""
        if self._warming is not None:
            self._warming.cancel()
        self._warming = asyncio.create_task(connection.backend.warm())

    async def _target(self, wish: UseServer | None, *, demo: bool) -> Target | None:
        from minicpm_tui.chat.connect import Target, at

        if demo:
            server = await asyncio.to_thread(self._start_demo)
            return Target(server.url, server.model, server.key)
        if wish is None:
            return None
        found = await asyncio.to_thread(at, wish.url)
        return Target(found.url, wish.model or found.model, wish.api_key or found.key, found.server)

    def _start_demo(self) -> DemoProcess:

        from minicpm_tui.demo import launch

        if self.demo is None:
            self.demo = launch()
        return self.demo

    async def close(self) -> None:
        """Let the connection go and stop the demo server."""
        if self._warming is not None:
            self._warming.cancel()
        if self.connection is not None:
            await self.connection.aclose()
        if self.demo is not None:
            await asyncio.to_thread(self.demo.stop)
