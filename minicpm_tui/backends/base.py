"""What a backend is: something that streams a reply to a list of messages."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from minicpm_tui.messages import BlobReader, ReplyEvent
from minicpm_tui.messages.request import ChatRequest


class Backend(Protocol):
    """A server or a recording."""

    def stream(self, request: ChatRequest, blobs: BlobReader) -> AsyncGenerator[ReplyEvent, None]:
        """The reply to ``request``: deltas and notices, then one ``End``, which carries the error when there is one.

        Closing the iterator, or cancelling the task that reads it, stops the reply and frees the server at once; no ``End``
        comes then.
        """
        ...

    async def warm(self) -> None:
        """Get ready for the first request before there is one. Raises nothing: what is wrong shows with the request."""
        ...

    async def aclose(self) -> None:
        """Give connections back."""
        ...
