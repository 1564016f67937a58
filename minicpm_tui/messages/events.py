"""What happens while a reply arrives. Every backend, live or recorded, yields these and ends with one ``End``."""

from __future__ import annotations

from typing import Literal

import msgspec

from minicpm_tui.errors import ErrorInfo

DeltaKind = Literal["content", "reasoning"]

ABORT = "abort"
"""finish_reason of a reply that the user stopped; vLLM's own word."""


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens, as the server counted them."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int | None = None

    @property
    def total_tokens(self) -> int:
        """Prompt and reply together."""
        return self.prompt_tokens + self.completion_tokens


class Delta(msgspec.Struct, frozen=True, gc=False):
    """A piece of the reply; ``at`` is seconds since the request was sent."""

    kind: DeltaKind
    text: str
    at: float


class Notice(msgspec.Struct, frozen=True):
    """Something the user should know though the reply goes on (translated): what was sent again, what was left out."""

    text: str


class End(msgspec.Struct, frozen=True, omit_defaults=True):
    """The reply is over. ``error`` is set when it broke off; what had arrived stays.

    ``seconds`` from sending to here, ``first_token_seconds`` from sending to the first delta. ``refused``: the text is the
    model's refusal. ``messages.ending_of`` says what it means.
    """

    finish_reason: str | None = None
    usage: Usage | None = None
    seconds: float = 0.0
    first_token_seconds: float | None = None
    error: ErrorInfo | None = None
    refused: bool = False


ReplyEvent = Delta | Notice | End
