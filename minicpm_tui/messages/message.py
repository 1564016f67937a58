"""One message of a conversation, as it stands in memory."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from minicpm_tui.messages.events import End
from minicpm_tui.messages.parts import Part, TextPart, text_of

Role = Literal["system", "user", "assistant"]


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message and its place in the tree.

    ``parent`` is the message before it, None for the first. ``at`` is ISO 8601 UTC. ``model``, ``server`` (a URL) and
    ``request`` (sampling and system prompt as sent) are recorded with a reply. ``end`` is None while a reply streams, and stays
    None when the program died before it was over.
    """

    id: str
    parent: str | None
    role: Role
    content: tuple[Part, ...]
    at: str
    model: str | None = None
    server: str | None = None
    request: dict[str, Any] | None = None
    reasoning: str = ""
    end: End | None = None

    @property
    def text(self) -> str:
        """The text parts, one after another."""
        return text_of(self.content)

    @property
    def unfinished(self) -> bool:
        """True for a reply that did not reach its end: still streaming, cut off or failed."""
        return self.role == "assistant" and (self.end is None or self.end.error is not None)

    def with_reply(self, text: str, reasoning: str, end: End | None) -> Message:
        """A copy of this reply with the text and reasoning that have arrived, and how it ended."""
        content: tuple[Part, ...] = (TextPart(text),) if text else ()
        return msgspec.structs.replace(self, content=content, reasoning=reasoning, end=end)
