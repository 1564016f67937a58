"""Following a server while it loads and runs: log, stages, readiness, death."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from minicpm_tui import paths
from minicpm_tui.errors import StorageError
from minicpm_tui.files import make_private_dir, read_state, write_durably
from minicpm_tui.i18n import _
from minicpm_tui.servers import processes, registry
from minicpm_tui.servers.explain import Diagnosis, Explanation, Failure
from minicpm_tui.servers.local import LocalServer, Record, State
from minicpm_tui.servers.loglines import LogLine
from minicpm_tui.servers.stages import Stage
from minicpm_tui.text import format_duration, one_line

_READ = 1 << 20
_HEAD = 2 << 20
_TAIL = 4 << 20
_SILENT_SECONDS = 120.0
_CHECK_SECONDS = 5.0
_CHECKS = 2
"""A ready server is asked now and then whether it still answers; it has stopped when it was silent so often in a row."""


@dataclass(frozen=True)
class Update:
    """What is true now. ``elapsed``: seconds in the current stage by the wall clock; ``silent``: since the log last grew."""

    state: State
    stages: tuple[Stage, ...]
    lines: tuple[LogLine, ...]
    elapsed: float
    silent: float
    explanation: Explanation | None = None

    @property
    def quiet(self) -> bool:
        """Whether it has said nothing for so long that the user should know."""
        return self.state in ("starting", "loading") and self.silent > _SILENT_SECONDS


class Watcher:
    """Reads a server's log from its start and looks after its process. Blocking: for threads.

    ``poll`` returns at once when the process dies, else after ``seconds``. A dead server's orphans are ended.
    """

    def __init__(self, server: LocalServer) -> None:
        self.server = server
        self.diagnosis = Diagnosis()
        self._position = 0
        record = registry.load(server.id)
        self._death = processes.DeathWatch(server.pid, record.start_ticks if record else 0)
        self._grew = self._stage_began = time.monotonic()
        self._ended: Update | None = None
        self._ready = server.ready_at is not None
        self._checked = 0.0 if server.state == "unresponsive" else time.monotonic()
        self._unanswered = _CHECKS - 1 if server.state == "unresponsive" else 0

    def poll(self, seconds: float = 0.25) -> Update:
        """The news since the last call."""
        if self._ended:
            return self._ended
        dead = self._death.wait(seconds)
        before = self.diagnosis.reader.current
        lines = self._read()
        if dead:
            lines += self._read_rest()
            self._ended = self._end(tuple(lines))
            return self._ended
        now = time.monotonic()
        if lines:
            self._grew = now
        if self.diagnosis.reader.current != before:
            self._stage_began = now
        state = self._state()
        return Update(state, self.diagnosis.reader.stages, tuple(lines), now - self._stage_began, now - self._grew)

    def close(self) -> None:
        """Stop watching; the server goes on."""
        self._death.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _read(self) -> list[LogLine]:
        """At most a megabyte at a time, so that a flood of output does not hold up the caller."""
        lines: list[LogLine] = []
        with contextlib.suppress(OSError), self.server.log.open("rb") as file:
            if file.seek(0, 2) < self._position:
                self._position = 0
            file.seek(self._position)
            if self._ready and self._position >= _HEAD:
                self._jump(file)
            data = file.read(_READ)
            self._position += len(data)
            lines = self.diagnosis.feed(data)
        return lines

    def _read_rest(self) -> list[LogLine]:
        """To the end; a piece may hold no whole line."""
        lines: list[LogLine] = []
        before = -1
        while before != self._position:
            before = self._position
            lines += self._read()
        return lines + self.diagnosis.finish()

    def _jump(self, file: BinaryIO) -> None:
        """Of a long log, what lies between the start and the last part is counted, not read."""
        end = file.seek(0, 2) - _TAIL
        file.seek(self._position)
        lines = 0
        while self._position < end and (data := file.read(min(_READ, end - self._position))):
            self._position += len(data)
            lines += data.count(b"\n")
        if lines:
            self.diagnosis.reader.skip(lines)

    def _state(self) -> State:
        record = registry.load(self.server.id)
        if record and record.stopping:
            return "stopping"
        if self._ready:
            return self._answers(record)
        if record and registry.is_ready(record):
            self._ready = True
            remember(self.server.folder, self.diagnosis.reader.stages, self.server.version)
            return "ready"
        return "loading" if self._position else "starting"

    def _answers(self, record: Record | None) -> State:
        """Whether a server that has been ready still answers; asked only now and then."""
        now = time.monotonic()
        if record and now - self._checked >= _CHECK_SECONDS:
            self._unanswered = 0 if registry.is_ready(record) else self._unanswered + 1
            self._checked = time.monotonic()
        return "unresponsive" if self._unanswered >= _CHECKS else "ready"

    def _end(self, lines: tuple[LogLine, ...]) -> Update:
        record = next((record for record in registry.refresh() if record.id == self.server.id), None)
        state: State = (record.ended or "failed") if record else "exited"
        explanation = self.diagnosis.explanation()
        if state == "exited" and explanation.state == "failed":
            state = "failed"  # an engine that died, behind a server that shut itself down in good order
        if state == "failed" and explanation.failure is None:
            if explanation.state == "exited":
                state = "exited"  # somebody asked it to end, by its pid
            else:
                explanation = replace(explanation, failure=silent_end(record.exit_status if record else None, self.diagnosis))
        return Update(state, self.diagnosis.reader.stages, lines, 0.0, 0.0, explanation)


def silent_end(status: int | None, diagnosis: Diagnosis) -> Failure:
    """What can be said of a server that ended without an error in its log. ``status`` is None where only its parent knows it."""
    line = diagnosis.last_line
    text, number = (one_line(line.message, 400), line.number) if line else ("", 0)
    if status is None:
        hint = _("it may have been killed, by someone or for lack of memory: check dmesg")
        return Failure("ended", _("vLLM ended without saying why"), text, number, hint=hint)
    if status < 0:
        title = _("vLLM was killed by signal {number}").format(number=-status)
        hint = _("the machine may have run out of memory: check dmesg") if status == -9 else ""
        return Failure("killed", title, text, number, hint=hint)
    return Failure("ended", _("vLLM ended with exit status {status}, without saying why").format(status=status), text, number)


def _memory_path() -> Path:
    return paths.cache_dir() / "stages.json"


def remember(model: str, stages: tuple[Stage, ...], version: str = "") -> None:
    """Keep how long each stage of this model's start took with this version of vLLM, for next time."""
    seconds: dict[str, float] = {stage.name: stage.seconds for stage in stages if stage.seconds is not None}
    known = _memory()
    known[_start_of(model, version)] = seconds
    with contextlib.suppress(StorageError):
        write_durably(make_private_dir(paths.cache_dir()) / _memory_path().name, msgspec.json.encode(known))


def last_time(model: str, version: str = "") -> dict[str, float]:
    """Seconds of each stage of this model's last successful start with this version; empty when it is the first."""
    return _memory().get(_start_of(model, version), {})


def said_last_time(last: Mapping[str, float]) -> str:
    """What ``last_time`` told, in words; empty for the first start."""
    return _("last time it was ready after {time}").format(time=format_duration(sum(last.values()))) if last else ""


def _start_of(model: str, version: str) -> str:
    return f"{model}\n{version}" if version else model


def _memory() -> dict[str, dict[str, float]]:
    return read_state(_memory_path(), dict[str, dict[str, float]]) or {}
