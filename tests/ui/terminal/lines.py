"""The program's end of a line to a terminal that hands things over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from textual.events import Paste
from textual.message import Message

from minicpm_tui.ui.terminal.pasting.arrivals import NotReceived, Received
from minicpm_tui.ui.terminal.pasting.input import PasteInput

LIMIT = 1_000_000


class Speaking(Protocol):
    """Says what it sends for what it was sent."""

    def answer(self, written: str) -> str: ...


T = TypeVar("T", bound=Speaking)


class Line(Generic[T]):
    """The program's end of a line to ``terminal``; ``said`` and ``typed`` is what comes of it, in its order.

    ``cut`` makes pieces of what the terminal sends.
    """

    def __init__(self, terminal: T, cut: Callable[[str], list[str]] = lambda text: [text]) -> None:
        self.terminal = terminal
        self.answers: Callable[[str], str] = terminal.answer
        self.said: list[Message] = []
        self.order: list[str] = []
        self.pictures = True
        self.input = PasteInput()
        self._cut = cut
        self._waiting = ""
        self.input.begin(self._write, self._tell, LIMIT, lambda: self.pictures)
        terminal.answer("\x1b[?5522h")

    def _write(self, text: str) -> None:
        self._waiting += self.answers(text)

    def _tell(self, message: Message) -> None:
        self.said.append(message)
        if isinstance(message, Paste):
            self.order.append(f"<{message.text}>")

    @property
    def typed(self) -> str:
        return "".join(self.order)

    def send(self, text: str) -> None:
        """All of ``text``, and what the terminal answers then."""
        while text:
            for piece in self._cut(text):
                for typed in self.input.feed(piece):
                    self._type(typed)
                self._type("")
            text, self._waiting = self._waiting, ""

    def quiet(self) -> None:
        """Nothing comes for a moment."""
        self._type(self.input.release())
        text, self._waiting = self._waiting, ""
        self.send(text)

    def _type(self, text: str) -> None:
        if ordered := self.input.in_order(text):
            self.order.append(ordered)

    @property
    def received(self) -> list[bytes]:
        return [message.data for message in self.said if isinstance(message, Received)]

    @property
    def problems(self) -> list[str]:
        return [str(message.error) for message in self.said if isinstance(message, NotReceived)]
