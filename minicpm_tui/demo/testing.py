"""A demo server in this process, for tests: ``with serving(DemoOptions(...)) as server``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from minicpm_tui.demo.app import make_app
from minicpm_tui.demo.guards import Recorded, Recorder
from minicpm_tui.demo.options import DemoOptions, Faults
from minicpm_tui.demo.server import ServingThread, bind, url_of
from minicpm_tui.demo.state import State


class DemoServer:
    """A running demo server. ``url`` is its root (no ``/v1``)."""

    def __init__(self, url: str, state: State, recorder: Recorder, stop: Callable[[], None]) -> None:
        self.url = url
        self.stop = stop
        """Ends it before its time."""
        self._state = state
        self._recorder = recorder

    @property
    def key(self) -> str:
        """The API key that it wants; empty for none."""
        return self._state.options.api_key

    @property
    def model(self) -> str:
        """The name of the model that it serves."""
        return self._state.options.model

    @property
    def requests(self) -> list[Recorded]:
        """Every request so far, oldest first, with its body."""
        return self._recorder.requests

    @property
    def chats(self) -> list[Any]:
        """The JSON bodies of the chat requests so far."""
        return [request.json for request in self.requests if request.path == "/v1/chat/completions"]

    @property
    def running(self) -> int:
        """Replies on their way."""
        return self._state.metrics.running

    @property
    def finished(self) -> dict[str, int]:
        """How many replies ended how: ``stop``, ``length``, or ``abort`` because the client went away."""
        return self._state.metrics.finished | {"abort": self._state.metrics.aborted}

    def set_faults(self, faults: Faults) -> None:
        """Go wrong in this way from the next request on; ``Faults()`` heals it."""
        self._state.set_faults(faults)

    def configure(self, **changes: Any) -> None:
        """Change fields of its ``DemoOptions`` from the next request on."""
        self._state.options = msgspec.structs.replace(self._state.options, **changes)

    def forget_media(self) -> None:
        """Lose the media cache, as a restart does."""
        self._state.cache.clear()


@contextmanager
def serving(options: DemoOptions | None = None, *, port: int = 0) -> Iterator[DemoServer]:
    """Serve in a thread, on a free port unless it is given; without options quickly and without a key."""
    state, recorder = State(options or DemoOptions(tokens_per_second=0)), Recorder()
    listener = bind(port)
    thread = ServingThread(make_app(state, recorder), listener)
    try:
        yield DemoServer(url_of(listener), state, recorder, thread.stop)
    finally:
        thread.stop()
