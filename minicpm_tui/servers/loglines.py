"""Cutting what a server writes into lines, whatever it is: progress bars, colours, binary garbage, lines of megabytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

LINE_LIMIT = 16_000
_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# What docker, kubectl, journalctl and others put before each line.
_COLLECTOR = re.compile(
    r"""(?:
    [\w./-]+\ +\|(?:\ |$)                                            # docker compose
    | \[(?:[\w-]+/)*[\w-]+\]:?\                                       # kubectl --prefix, supervisors; torch: [rank0]:
    | \d{4}-\d\d-\d\d[T\ ]\d\d:\d\d:\d\d\S*(?:\ std(?:out|err)\ [FP])?\ # docker and kubectl --timestamps, CRI-O
      (?:[\w.-]+\ [\w.@-]+\[\d+\]:\ )?                                # journalctl -o short-iso
    | [A-Z][a-z]{2}\ [\ \d]\d\ \d\d:\d\d:\d\d\ \S+\ [^\s:]+:\           # journalctl, syslog
    )+""",
    re.VERBOSE,
)
_PREFIX = re.compile(r"\((?P<process>[\w-]+) (?:[^()]* )?(?:pid|ip)=[^()]*\) ?")  # Ray and older workers say more than the pid
_LEVEL = re.compile(
    r"^(?:\[[\w:]+\]:? ?)?(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL):? +"
    r"(?:(?:\d{4}-)?(?P<month>\d\d)-(?P<day>\d\d) (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) +)?(?:\[?[\w./-]+:\d+\] ?)?"
)


@dataclass(frozen=True)
class LogLine:
    """One line without escapes. ``number`` counts from 1 by newlines; ``bar`` marks a progress bar's intermediate state.

    ``message`` is what was said, without all that stands before it. ``process`` is ``APIServer``, ``EngineCore``, ``Worker`` or
    empty; ``time`` is in seconds, from an arbitrary origin.
    """

    number: int
    text: str
    process: str
    level: str
    message: str
    time: float | None
    bar: bool = False


class LineSplitter:
    """Feeds on pieces of any size and gives whole lines; remembers at most ``LINE_LIMIT`` characters of one."""

    def __init__(self) -> None:
        self._rest = b""
        self._number = 1

    def feed(self, data: bytes) -> list[LogLine]:
        """The lines that ``data`` completes. A carriage return ends a progress bar's state, not the line."""
        found: list[LogLine] = []
        if data and self._rest.endswith(b"\r"):
            self._rest = self._rest[:-1]
            if not data.startswith(b"\n"):
                self._emit(found, bar=True)
        pieces = re.split(rb"(\r\n|\n|\r)", data)
        for index in range(0, len(pieces) - 1, 2):
            self._keep(pieces[index])
            end = pieces[index + 1]
            if end == b"\r":
                if index + 2 == len(pieces) - 1 and not pieces[-1]:
                    self._rest += b"\r"  # half of \r\n perhaps: decided with the next piece
                    return found
                self._emit(found, bar=True)
            else:
                self._emit(found, bar=False)
                self._number += 1
        self._keep(pieces[-1])
        return found

    def skip(self, lines: int) -> None:
        """A part of the log with so many newlines is left out; what began before it is dropped."""
        self._rest = b""
        self._number += lines

    def finish(self) -> list[LogLine]:
        """The last line, when the log ends without a newline."""
        found: list[LogLine] = []
        self._emit(found, bar=False)
        return found

    def _keep(self, piece: bytes) -> None:
        self._rest = (self._rest + piece)[:LINE_LIMIT]

    def _emit(self, found: list[LogLine], *, bar: bool) -> None:
        raw, self._rest = self._rest, b""
        if raw.strip(b"\0\r "):
            found.append(parse(raw, self._number, bar=bar))


def parse(raw: bytes, number: int, *, bar: bool = False) -> LogLine:
    """Take a line apart: process, level, time, message."""
    text = _CONTROL.sub("", _ESCAPE.sub("", raw.decode("utf-8", "replace"))).rstrip()
    process = ""
    collected = _COLLECTOR.match(text)
    rest = text[collected.end() :] if collected else text
    if match := _PREFIX.match(rest):
        process, rest = match["process"], rest[match.end() :]
    match = _LEVEL.match(rest)
    if match is None:
        return LogLine(number, text, process, "", rest, None, bar)
    return LogLine(number, text, process, match["level"], rest[match.end() :], _seconds(match), bar)


def _seconds(match: re.Match[str]) -> float | None:
    if match["month"] is None:
        return None
    days = int(match["month"]) * 31 + int(match["day"])  # uneven, but good for differences of hours
    return ((days * 24 + int(match["hour"])) * 60 + int(match["minute"])) * 60.0 + int(match["second"])
