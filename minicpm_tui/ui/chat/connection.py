"""The way to a server: connecting happens after the first paint, and can be tried again."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from minicpm_tui.errors import AuthenticationFailed, ErrorInfo, MinicpmTuiError, ServerUnreachable
from minicpm_tui.i18n import _
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.messages import ServerLoading, UseServer
from minicpm_tui.ui.kit.start_options import Launch

if TYPE_CHECKING:
    from minicpm_tui.chat.connect import Connection, Target
    from minicpm_tui.demo import DemoProcess
    from minicpm_tui.messages import End


class Disconnected(msgspec.Struct, frozen=True):
    """There is no server to talk with, and none is waited for. ``problem`` is one line that says why."""

    problem: str = ""


class Connected(msgspec.Struct, frozen=True):
    """A server answers."""

    connection: Connection


class Lost(msgspec.Struct, frozen=True):
    """The server that was talked with has ended or cannot be reached: its connection will do again when it is back."""

    connection: Connection
    problem: str


class Connecting(msgspec.Struct, frozen=True):
    """A server is being asked, or ``loading`` is waited for. ``before`` stays in use until the new connection stands."""

    before: Disconnected | Connected | Lost
    loading: ServerLoading | None = None


ChatState = Disconnected | Connecting | Connected | Lost


class Connector:
    """Connects, and keeps ``state`` true as servers come and go. Messages never wait for it.

    ``locked`` is the root URL of a server that wants a key, or another one; ``given`` are the keys that were typed, by URL.
    """

    def __init__(self, launch: Launch) -> None:
        self.state: ChatState = Connecting(Disconnected())
        self.demo: DemoProcess | None = None
        self.locked = ""
        self.given: dict[str, str] = {}
        self._launch = launch
        self._warmed: Connection | None = None
        self._warming: asyncio.Task[None] | None = None
        self._one_demo = asyncio.Lock()

    @property
    def connection(self) -> Connection | None:
        """The connection in use; the server behind it may be lost."""
        match self._settled:
            case Connected(connection) | Lost(connection):
                return connection
            case Disconnected():
                return None

    @property
    def problem(self) -> str:
        """One line that says why no server can be talked with; empty while one can or is waited for."""
        match self.state:
            case Disconnected(problem) | Lost(problem=problem):
                return problem
            case _:
                return ""

    @property
    def loading(self) -> ServerLoading | None:
        """The server that is waited for."""
        return self.state.loading if isinstance(self.state, Connecting) else None

    def begin(self) -> Disconnected | Connected | Lost:
        """From now on what is sent waits for ``open``. Returns what was until now."""
        before = self._settled
        self.state = Connecting(before)
        return before

    async def open(self, wish: UseServer | None = None, *, demo: bool = False) -> None:
        """Connect as the settings say, to ``wish``, or to the demo server.

        Raises MinicpmTuiError when that fails; a server that answered before is talked with as before.
        """
        before, self.locked = self.begin(), ""
        try:
            connect = (await asyncio.to_thread(import_module, "minicpm_tui.chat.connect")).connect
            target = await self._target(wish, demo=demo)
            connection = await connect(self._launch.config, target=target, given=self.given)
        except MinicpmTuiError as error:
            self._refused(error.info)
            failed = _failed(before, error_line(error.info))
            self.state = Connecting(failed, self.loading) if self.loading else failed  # which began to load meanwhile
            raise
        except BaseException:
            self.state = before
            raise
        self.state = Connected(connection)
        if not isinstance(before, Disconnected):
            await before.connection.aclose()

    def expect(self, loading: ServerLoading) -> None:
        """Wait for a server that loads, unless there is one to talk with."""
        if not isinstance(self._settled, Connected):
            self.state = Connecting(self._settled, loading)

    def lose(self, url: str, problem: str) -> None:
        """The server at ``url`` has ended; ``problem`` is one line about it."""
        if self.loading is not None and self.loading.url == url:
            self.state = _failed(self._settled, problem)
        if (connection := self.connection) is not None and connection.url == url:
            lost = Lost(connection, problem)
            self.state = Connecting(lost, self.loading) if isinstance(self.state, Connecting) else lost

    def found(self, url: str) -> None:
        """The server at ``url``, which was lost, answers again."""
        if isinstance(self.state, Lost) and self.state.connection.url == url:
            self.state = Connected(self.state.connection)

    def heard(self, end: End) -> None:
        """A reply is over: it tells whether the server is there."""
        connection = self.connection
        if connection is None:
            return
        if end.error is None and isinstance(self.state, Lost):
            self.state = Connected(connection)
        elif end.error is not None and end.error.kind == ServerUnreachable.kind:
            self.lose(connection.url, error_line(end.error))
        elif end.error is not None:
            self._refused(end.error)

    def _refused(self, error: ErrorInfo) -> None:
        """A server that wants a key says which one it is."""
        if error.kind == AuthenticationFailed.kind:
            self.locked = error.message

    @property
    def _settled(self) -> Disconnected | Connected | Lost:
        return self.state.before if isinstance(self.state, Connecting) else self.state

    def warm(self) -> None:
        """A question is being written: import what its reply needs."""
        connection = self.connection
        if connection is None or connection is self._warmed:
            return
        self._warmed = connection
        if self._warming is not None:
            self._warming.cancel()
        self._warming = asyncio.create_task(connection.backend.warm())

    async def _target(self, wish: UseServer | None, *, demo: bool) -> Target | None:
        from minicpm_tui.chat.connect import Target, at

        if demo:
            async with self._one_demo:
                server = await asyncio.to_thread(self._start_demo)
            again = _("the demo server has ended: F4 or Retry (^R) starts it again")
            return Target(server.url, server.model, server.key, when_gone=again)
        if wish is None:
            return None
        found = await asyncio.to_thread(at, wish.url)
        return Target(found.url, wish.model or found.model, wish.api_key or found.key, found.server)

    @property
    def talks_with_demo(self) -> bool:
        """The connection in use is that to the demo server."""
        return self.demo is not None and self.connection is not None and self.connection.url == self.demo.url

    @property
    def demo_ended(self) -> bool:
        """The connection in use is that to a demo server which has died."""
        known = self.connection is not None and bool(self.connection.when_gone)
        return known and not (self.talks_with_demo and self.demo is not None and self.demo.running)

    def _start_demo(self) -> DemoProcess:
        from minicpm_tui.demo import launch

        if self.demo is None or not self.demo.running:
            before, self.demo = self.demo, launch()
            if before is not None:
                before.stop()  # closes its pipes
        return self.demo

    async def close(self) -> None:
        """Let the connection go and stop the demo server."""
        if self._warming is not None:
            self._warming.cancel()
        if self.connection is not None:
            await self.connection.aclose()
        if self.demo is not None:
            await asyncio.to_thread(self.demo.stop)


def _failed(before: Disconnected | Connected | Lost, problem: str) -> Disconnected | Connected | Lost:
    """What is left when another server could not be had."""
    match before:
        case Connected():
            return before
        case Lost(connection):
            return Lost(connection, problem)
        case Disconnected():
            return Disconnected(problem)
