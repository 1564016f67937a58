"""How ``ask`` shows a reply: plain text, Markdown on a terminal, or one JSON object."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import msgspec

from minicpm_tui.chat.events import ChatEvent, Preparing
from minicpm_tui.cli.json_print import json_text
from minicpm_tui.cli.warn import warn
from minicpm_tui.errors import ErrorInfo, MinicpmTuiError
from minicpm_tui.messages import ABORT, Delta, End, Ending, Notice, ending_of
from minicpm_tui.text import printable


class Output:
    """Plain text: what the model writes goes to stdout, everything else to stderr.

    Control characters other than newline and tab are shown as pictures, for the pipe may end at a terminal; ``raw`` lets them be.
    """

    def __init__(self, *, raw: bool = False) -> None:
        self._raw = raw
        self._held = ""
        self.session: str | None = None
        self.model: str | None = None
        self._text: list[str] = []
        self._thought: list[str] = []
        self._late: list[str] = []
        self.check: Callable[[str], tuple[Any, str]] | None = None
        """What the answer is checked by: gives its data and an empty text, or None and a line that says what is wrong."""
        self.unfit = False
        """An answer came and did not pass the check."""

    def show(self, event: ChatEvent) -> None:
        """One event other than the end."""
        if isinstance(event, Delta):
            if event.kind == "content":
                self._text.append(event.text)
                self.content(event.text)
            else:
                self._thought.append(event.text)
                self.reasoning(event.text)
        elif isinstance(event, Notice) and self._text:
            self._late.append(event.text)  # its line would begin within the answer's
        elif isinstance(event, Notice):
            self.say(event.text)
        elif isinstance(event, Preparing):
            self.preparing(event)

    def content(self, text: str) -> None:
        """A piece of the answer, printed as it comes."""
        if not self._raw:
            text = self._held + text
            self._held = "\r" if text.endswith("\r") else ""  # the newline after it may be still to come
            text = printable(text.removesuffix(self._held))
        sys.stdout.write(text)
        sys.stdout.flush()

    def reasoning(self, text: str) -> None:
        """Not part of the answer."""

    def preparing(self, event: Preparing) -> None:
        """Only a terminal shows it."""

    def say(self, line: str) -> None:
        """One line for the user."""
        warn(line)

    def ended(self, end: End) -> None:
        """The reply is over, or broke off."""
        if self._text and not self._text[-1].endswith("\n"):  # a carriage return that was held is this newline
            sys.stdout.write("\n")
        sys.stdout.flush()
        self.tell(end)

    def ending(self, end: End) -> Ending:
        """What the end of the reply that was shown means."""
        return ending_of(end, "".join(self._text), "".join(self._thought))

    def tell(self, end: End) -> None:
        """Say what is wrong with the reply: who reads what was written to a file does not know that it was stopped."""
        self.say_late()
        if text := self.ending(end).text:
            self.say(text)
        if problem := self.checked(end)[1]:
            self.say(problem)

    def say_late(self) -> None:
        """What was noticed while the answer was being written."""
        for line in self._late:
            self.say(line)
        self._late.clear()

    def checked(self, end: End) -> tuple[Any, str]:
        """The data of the answer, and what is wrong with it; nothing of a reply that is not whole or need not be checked."""
        if self.check is None or end.error is not None or end.finish_reason == ABORT:
            return None, ""
        data, problem = self.check("".join(self._text))
        self.unfit = bool(problem)
        return data, problem

    def failed(self, error: MinicpmTuiError) -> None:
        """It did not come to a reply."""
        self.say(error.info.line())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing to clear away."""


class JsonOutput(Output):
    """One object at the end; notices still go to stderr."""

    def content(self, text: str) -> None:
        """Printed at the end."""

    def ended(self, end: End) -> None:
        """Print the object: the answer, or as much of it as came, and how it ended."""
        self.say_late()
        self._print(end, end.error)

    def failed(self, error: MinicpmTuiError) -> None:
        """Print the object with the error: nothing was answered."""
        self._print(End(error=error.info), error.info)

    def _print(self, end: End, error: ErrorInfo | None) -> None:
        usage = end.usage
        fields: dict[str, Any] = {
            "text": "".join(self._text),
            "reasoning": "".join(self._thought),
            "usage": {**msgspec.to_builtins(usage), "total_tokens": usage.total_tokens} if usage else None,
            "finish_reason": end.finish_reason,
            "model": self.model,
            "session": self.session,
            "seconds": end.seconds,
            "first_token_seconds": end.first_token_seconds,
        }
        data, problem = self.checked(end)
        if self.check is not None:
            fields["data"] = data
        warning = ("schema", problem) if problem else self.ending(end)
        if warning[1] and not error:
            fields["warning"] = {"kind": warning[0], "message": warning[1]}
        if error:
            fields["error"] = {"kind": error.kind, "title": error.title, "message": error.message, "hint": error.hint}
        print(json_text(fields), flush=True)
