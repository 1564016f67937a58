"""Why a server failed, from its log: the line that mattered, and what to change."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from minicpm_tui.families import generic, recognise
from minicpm_tui.i18n import _
from minicpm_tui.servers import validation
from minicpm_tui.servers.arguments import arguments_of
from minicpm_tui.servers.fixes import Context
from minicpm_tui.servers.local import State
from minicpm_tui.servers.loglines import LogLine
from minicpm_tui.servers.remedy import Remedy
from minicpm_tui.servers.request_rules import REQUEST_RULES
from minicpm_tui.servers.rule import Rule
from minicpm_tui.servers.stages import LogReader, Stage
from minicpm_tui.servers.start_rules import START_RULES
from minicpm_tui.servers.tracebacks import Caught, Tracebacks
from minicpm_tui.text import one_line

_CHUNK = 1 << 20
_RULES = (*START_RULES, *REQUEST_RULES)
_QUIET = ("INFO", "DEBUG", "WARNING")
_LINE_SHOWN = 600
_FATAL = ("out_of_memory", "nccl", "shared_memory", "disk_full", "kernel_image")
_LIVES_ON = ("missing_module", "broken_install")
_NO_CAUSE = ("processor", "model_code")
"""Their words repeat that something failed: the exception before them says what."""
_API_SERVER = ("", "APIServer")
_MORE_EXACT = {"out_of_memory": "no_spare_memory"}
"""A failure that vLLM raises anew in words that say more."""


@dataclass(frozen=True)
class Failure:
    """What went wrong. ``line`` is the log's own, ``line_number`` counts from 1; ``hint`` says what no option can do.

    ``survived``: it was an answering server's, which may have gone on.
    """

    kind: str
    title: str
    line: str
    line_number: int
    remedies: tuple[Remedy, ...] = ()
    hint: str = ""
    survived: bool = False

    def to_dict(self) -> dict[str, object]:
        """``failure`` of ``servers explain --json``."""
        return {
            "kind": self.kind,
            "title": self.title,
            "line": self.line,
            "line_number": self.line_number,
            "hint": self.hint,
            "remedies": [remedy.to_dict() for remedy in self.remedies],
        }


@dataclass(frozen=True)
class Explanation:
    """``requests`` are failures of single requests to a server that went on.

    ``foreign``: nothing in the log is as vLLM writes it.
    """

    state: State
    stages: tuple[Stage, ...]
    failure: Failure | None
    requests: tuple[Failure, ...] = ()
    foreign: bool = False

    def to_dict(self) -> dict[str, object]:
        """As ``servers explain --json`` prints it."""
        return {
            "state": self.state,
            "stages": [stage.to_dict() for stage in self.stages],
            "failure": self.failure.to_dict() if self.failure else None,
            "requests": [failure.to_dict() for failure in self.requests],
        }


@dataclass
class _Hit:
    rule: Rule
    match: re.Match[str]
    line: LogLine
    after_ready: bool


@dataclass
class Diagnosis:
    """Reads a log as it grows, as ``LogReader`` does, and keeps what may explain a failure."""

    reader: LogReader = field(default_factory=LogReader)
    tracebacks: Tracebacks = field(default_factory=Tracebacks)
    context: Context = field(default_factory=Context)
    hits: list[_Hit] = field(default_factory=list)
    first_error: LogLine | None = None
    last_line: LogLine | None = None
    _names_processes: bool = False
    _foreign: bool = True

    def feed(self, data: bytes) -> list[LogLine]:
        """Read on; gives the lines that became complete."""
        return self._read(self.reader.feed(data))

    def finish(self) -> list[LogLine]:
        """The log has ended."""
        return self._read(self.reader.finish())

    def explanation(self, *, ended: bool = True) -> Explanation:
        """``ended``: the process is gone, or the log is all there is; else only what surely ends a server is a failure."""
        state = self.reader.state
        failure = self._failure(ended)
        if failure and not failure.survived:
            state = "failed"
        foreign = self._foreign and failure is None and self.last_line is not None
        return Explanation(
            "starting" if foreign else state, () if foreign else self.reader.stages, failure, self._requests(), foreign
        )

    def _read(self, lines: list[LogLine]) -> list[LogLine]:
        for line in lines:
            if not line.bar:
                self.last_line = line
                self._line(line)
        return lines

    def _line(self, line: LogLine) -> None:
        ready = self._ready
        self._names_processes |= bool(line.process)
        self._foreign &= not (line.process or line.level) and self.reader.current in (None, "resolve")
        self.tracebacks.read(line, after_ready=ready)
        if line.level in _QUIET:
            self._note_arguments(line.message)
            return
        if line.level in ("ERROR", "CRITICAL") and not ready and self.first_error is None:
            self.first_error = line
        if (raised := validation.raised(line.message)) is not None:
            line = replace(line, message=raised)
        if line.message.startswith(" ") or " with config: " in line.message:
            return  # source lines of a traceback quote messages, and a dying engine its whole configuration
        for rule in _RULES:
            if match := rule.pattern.search(line.message):
                if not any(hit.rule is rule and hit.after_ready == ready for hit in self.hits):
                    self.hits.append(_Hit(rule, match, line, ready))
                return

    @property
    def _ready(self) -> bool:
        return any(stage.name == "ready" and stage.done for stage in self.reader.stages)

    def _note_arguments(self, message: str) -> None:
        if (arguments := arguments_of(message)) is not None:
            model = str(arguments.get("model_tag") or arguments.get("model") or "")
            self.context = Context(arguments, recognise(model) if model else generic())

    def _failure(self, ended: bool) -> Failure | None:
        if self._ready:
            return self._failure_after_ready()
        known = [hit for hit in self.hits if hit.rule.scope != "wrapper"]
        cause = self.tracebacks.first_cause(lambda caught: not caught.after_ready)
        if known:
            first = min(known, key=lambda hit: hit.line.number)
            exact = next((hit for hit in known if hit.rule.kind == _MORE_EXACT.get(first.rule.kind)), first)
            return self._known(exact, cause)
        return self._unknown(cause) if ended else None

    def _failure_after_ready(self) -> Failure | None:
        """An answering server's requests fail without ending it: what counts is what its engine says, and a lacking package."""
        after = [hit for hit in self.hits if hit.after_ready]
        engine = [hit for hit in after if self._ends_engine(hit)]
        died = [hit for hit in after if hit.rule.scope == "wrapper"]
        lacking = [hit for hit in after if hit.rule.kind in _LIVES_ON]
        if engine:
            return self._known(engine[0], None)
        if died:
            return self._died(died[0], self._cause_of_death(died[0].line.number))
        return replace(self._known(lacking[0], None), survived=True) if lacking else None

    def _ends_engine(self, hit: _Hit) -> bool:
        """Whether an engine cannot go on after it. Before 0.9 no line says which process wrote it."""
        if hit.rule.kind in _LIVES_ON:
            return hit.line.process not in _API_SERVER
        return hit.rule.kind in _FATAL and (hit.line.process not in _API_SERVER or not self._names_processes)

    def _cause_of_death(self, number: int) -> Caught | None:
        """The engine's first exception; where lines name no process, the last chain before line ``number``."""
        if self._names_processes:
            return self.tracebacks.first_cause(lambda caught: caught.after_ready and caught.process not in _API_SERVER)
        return self.tracebacks.last_cause(before=number)

    def _requests(self) -> tuple[Failure, ...]:
        hits = [hit for hit in self.hits if hit.after_ready and hit.rule.scope == "request"]
        return tuple(self._known(hit, None) for hit in hits)

    def _known(self, hit: _Hit, cause: Caught | None) -> Failure:
        try:
            remedies = tuple(hit.rule.remedies(hit.match, self.context)) if hit.rule.remedies else ()
        except (ValueError, ArithmeticError):
            remedies = ()  # numbers that no vLLM writes: of no memory at all, of thousands of digits
        hint = hit.rule.advice(hit.match, self.context) if hit.rule.advice else _(hit.rule.hint)
        text, number = hit.line.message, hit.line.number
        if hit.rule.kind in _NO_CAUSE and cause and cause.number < number:
            text, number = cause.text, cause.number
        return Failure(hit.rule.kind, _(hit.rule.title), one_line(text, _LINE_SHOWN), number, remedies, hint)

    def _died(self, hit: _Hit, cause: Caught | None) -> Failure:
        failure = self._known(hit, None)
        if cause is None or cause.wrapper:
            return failure
        return Failure(
            failure.kind, failure.title, one_line(cause.text, _LINE_SHOWN), cause.number, failure.remedies, failure.hint
        )

    def _unknown(self, cause: Caught | None) -> Failure | None:
        """No remedy is offered for what is not understood."""
        if cause and not cause.wrapper:
            title = _("vLLM ended with an error")
            return Failure("unknown", title, one_line(cause.text, _LINE_SHOWN), cause.number)
        wrapper = next((hit for hit in self.hits if hit.rule.scope == "wrapper"), None)
        if wrapper:
            return self._known(wrapper, None)
        line = self.first_error
        if line is None and cause is None:
            return None
        text, number = (line.message, line.number) if line else (cause.text, cause.number) if cause else ("", 0)
        return Failure("unknown", _("vLLM ended with an error"), one_line(text, _LINE_SHOWN), number)


def explain(chunks: Iterable[bytes]) -> Explanation:
    """Explain a whole log, given in pieces of any size."""
    diagnosis = Diagnosis()
    for chunk in chunks:
        diagnosis.feed(chunk)
    diagnosis.finish()
    return diagnosis.explanation()


def read_chunks(path: Path) -> Iterable[bytes]:
    """The bytes of a log file in pieces. Raises OSError."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
