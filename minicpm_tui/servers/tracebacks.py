"""Finding exceptions in a log whose processes write at the same time: the first cause, not the wrappers that repeat it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from minicpm_tui.servers import validation
from minicpm_tui.servers.loglines import LogLine

_START = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r"^(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Timeout|Failed|Warning)?(?::| *$)")
_PROCESS_EXCEPTION = re.compile(r"^(?:[a-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception)\b(?::| *$)")
_CHAINED = ("The above exception was the direct cause", "During handling of the above exception")
# Their text is only the key that was looked up; what they became in the same chain says more.
_TERSE = ("KeyError", "IndexError", "StopIteration", "AttributeError: 'NoneType'")
_WRAPPERS = (
    "Engine core initialization failed",
    "WorkerProc initialization failed",
    "Worker failed with error",
    "EngineCore encountered an issue",
    "EngineDeadError",
    "Engine process failed to start",
    "WorkerProc hit an exception",
    "cancelled",
    "'vllm.model_executor.models.registry']' returned non-zero",
    "Error raised in subprocess:",
)


@dataclass(frozen=True)
class Caught:
    """The last line of a traceback. ``after_ready``: the server was answering by then. ``process`` as the log names it."""

    number: int
    text: str
    process: str
    after_ready: bool
    chained: bool

    @property
    def wrapper(self) -> bool:
        """Whether it only says that something else failed."""
        return any(mark in self.text for mark in _WRAPPERS)

    @property
    def terse(self) -> bool:
        """True for an exception whose own words say little, such as ``KeyError: 'x'``."""
        return self.text.startswith(_TERSE)


class Tracebacks:
    """Collects exceptions line by line; each process, and each kind of line of it, is followed by itself."""

    def __init__(self) -> None:
        self.found: list[Caught] = []
        self._open: set[tuple[str, str]] = set()
        self._chain: set[tuple[str, str]] = set()
        self._checked: dict[tuple[str, str], tuple[int, str]] = {}

    def read(self, line: LogLine, *, after_ready: bool) -> None:
        """Take the next line of the log. ``after_ready``: the server was answering by then."""
        text = line.message
        key = (line.process, "E" if line.level == "ERROR" else "")
        if key in self._checked and self._cause(line, key):
            return
        if text.strip().startswith(_START):
            self._open.add(key)
        elif any(mark in text for mark in _CHAINED):
            self._chain.add(key)
        elif key in self._open and text and not text[0].isspace() and _EXCEPTION.match(text):
            self._close(line, key, after_ready)
        elif key in self._open and line.level not in ("", "ERROR"):
            self._open.discard(key)
        elif line.level in ("ERROR", "CRITICAL") and _PROCESS_EXCEPTION.match(text):
            self._close(line, key, after_ready)

    def _cause(self, line: LogLine, key: tuple[str, str]) -> bool:
        """Below the head of a failed validation: the indented line says what failed, an unindented one only names the field."""
        cause = validation.said(line.message)
        if cause is None:
            if line.message.startswith(" ") or _START in line.message:
                del self._checked[key]
            else:
                self._checked[key] = (self._checked[key][0], line.message)
            return False
        index, field = self._checked.pop(key)
        text = f"{field}: {cause}" if field else cause
        self.found[index] = replace(self.found[index], number=line.number, text=text)
        return True

    def _close(self, line: LogLine, key: tuple[str, str], after_ready: bool) -> None:
        if validation.HEAD.match(line.message):
            self._checked[key] = (len(self.found), "")
        self.found.append(Caught(line.number, line.message, line.process, after_ready, key in self._chain))
        self._open.discard(key)
        self._chain.discard(key)

    def first_cause(self, among: Callable[[Caught], bool]) -> Caught | None:
        """The earliest exception that is no wrapper; a terse one yields to what it became. Else a wrapper."""
        found = [caught for caught in self.found if among(caught)]
        causes = [caught for caught in found if not caught.wrapper]
        for index, caught in enumerate(causes):
            following = causes[index + 1] if index + 1 < len(causes) else None
            if not (caught.terse and following and following.chained):
                return caught
        return found[0] if found else None

    def last_cause(self, *, before: int) -> Caught | None:
        """Where the last chain of exceptions above line ``before`` began while it was answering; wrappers do not count."""
        causes = [caught for caught in self.found if caught.after_ready and caught.number < before and not caught.wrapper]
        while len(causes) > 1 and causes[-1].chained:
            causes.pop()
        return causes[-1] if causes else None
