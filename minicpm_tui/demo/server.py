"""Runs the demo server with uvicorn, in this thread or another."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

from minicpm_tui.errors import PortTaken
from minicpm_tui.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    import uvicorn
    from starlette.types import ASGIApp

HOST = "127.0.0.1"


def bind(port: int) -> socket.socket:
    """A listening socket on the loopback interface; port 0 is any free one. Raises PortTaken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError):
        listener.close()
        raise PortTaken(f"{HOST}:{port}", hint=_("choose another one with --port, or omit --port")) from None
    return listener


def make_server(app: ASGIApp) -> uvicorn.Server:
    """A uvicorn server for ``app`` that says nothing and does not wait for open streams when it stops."""
    import warnings

    import uvicorn

    # Pillow's, about a picture that is large but not too large.
    warnings.filterwarnings("ignore", message="Image size")
    config = uvicorn.Config(app, log_config=None, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    return uvicorn.Server(config)


def url_of(listener: socket.socket) -> str:
    """The root URL that ``listener`` answers."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


class ServingThread:
    """Serves ``app`` on ``listener`` in a thread until ``stop``."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        self._server = make_server(app)
        self._listener = listener
        self._thread = threading.Thread(target=self._run, name="demo-server", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop and wait until it has stopped; replies on their way are cut off."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])


def watch(stream_ended: Callable[[], object], server: uvicorn.Server) -> None:
    """Stop ``server`` once ``stream_ended`` returns, in a thread of its own."""

    def wait() -> None:
        stream_ended()
        server.should_exit = True

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()
