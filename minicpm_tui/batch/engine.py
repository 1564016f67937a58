"""What answers requests: servers, or vLLM in an interpreter of its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from minicpm_tui.batch.records import Item
from minicpm_tui.messages import Usage


@dataclass(frozen=True, slots=True)
class Ready:
    """A request with its pictures in it: ``body`` is the JSON body as it is sent. ``error`` says why there is none."""

    item: Item
    body: bytes = b""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for ``item``; ``seconds`` from sending to here. ``error`` is one line, empty for an answer.

    ``refused``: ``text`` is the model's refusal.
    """

    item: Item
    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    finish_reason: str | None = None
    seconds: float = 0.0
    error: str = ""
    refused: bool = False


class Engine(Protocol):
    """Takes requests from ``inbox`` until None comes, and puts an answer to each into ``answers``.

    ``run`` raises MinicpmTuiError when nothing more can be answered; requests it took without an answer are asked again by
    ``--resume``.
    """

    @property
    def wanted(self) -> int:
        """How many prepared requests to have at hand."""
        ...

    @property
    def ready(self) -> bool:
        """False while a model is still loading: that time is no part of the rate."""
        ...

    @property
    def trouble(self) -> str:
        """Why nothing is answered just now, and for how long that is borne; empty while something may be answered."""
        ...

    async def run(self, inbox: asyncio.Queue[Ready | None], answers: asyncio.Queue[Answer | None]) -> None:
        """Answer what comes out of ``inbox``, then put None into ``answers``."""

    async def aclose(self) -> None:
        """End what ``run`` started, also when it was cancelled."""
