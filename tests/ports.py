"""A port that stays the test's own: of one that was just given back another test may be served."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_port() -> Iterator[int]:
    """A loopback port at which nobody listens but who is told of it; it is refused to all who ask for any port."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a server that does so too may listen there
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
