"""How far a server has come, read from its log: what each stage is, how long it took, how far along it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from minicpm_tui.i18n import N_
from minicpm_tui.servers.local import State
from minicpm_tui.servers.loglines import LineSplitter, LogLine

StageName = Literal["resolve", "weights", "compile", "kv_cache", "graphs", "media", "ready"]

_ANSWERS = re.compile(r'Application startup complete|Uvicorn running on|Avg prompt throughput|HTTP/1\.[01]" \d{3}\b')
"""Of these a log that lacks its beginning still has the last two: figures, and one line for each request."""

STAGES: tuple[StageName, ...] = ("resolve", "weights", "compile", "kv_cache", "graphs", "media", "ready")
TITLES: dict[StageName, str] = {
    "resolve": N_("Reading the model's configuration"),
    "weights": N_("Loading weights"),
    "compile": N_("Compiling"),
    "kv_cache": N_("Measuring memory"),
    "graphs": N_("Capturing CUDA graphs"),
    "media": N_("Warming up for the largest pictures and videos"),
    "ready": N_("Warming up"),
}

# What first tells of a stage; 0.7 to 0.33. A stage is never left for an earlier one.
_BEGINS: tuple[tuple[StageName, re.Pattern[str]], ...] = (
    (
        "ready",
        re.compile(rf"{_ANSWERS.pattern}|Starting vLLM (?:API )?server|Graph capturing finished|init engine \(profile"),
    ),
    ("graphs", re.compile(r"Capturing (?:CUDA graph|cudagraphs)")),
    (
        "kv_cache",
        re.compile(
            r"Available KV cache memory|(?:GPU|CPU) KV cache size|# (?:GPU|CUDA|CPU) blocks|Memory profiling takes"
            r"|Initial profiling/warmup run took|GiB\) for KV cache|Warming up done|torch\.compile took .* in total"
        ),
    ),
    (
        "compile",
        re.compile(
            r"Encoder cache will be initialized|Starting torch\.compile|Dynamo bytecode transform|for vLLM's torch\.compile"
            r"|Warming up model for the compilation|Compiling (?:a|the) (?:graph|model)|Start compiling|Compiling model again"
        ),
    ),
    (
        "weights",
        re.compile(
            r"Starting to load model|Loading model from scratch|checkpoint shards:|Loading (?:model )?weights"
            r"|Model loading took|Time spent downloading weights|Fetching \d+ files|\.safetensors:\s+\d+%"
        ),
    ),
)
_MEDIA_BEGINS = re.compile(r"Detected the chat template content format")
"""Of the API server, once the engine is up (seen on 0.25 and 0.28): then it prepares the largest items that are allowed."""
_MEDIA_DONE = re.compile(r"(?i:multi-modal warmup) completed")
_WEIGHTS_DONE = re.compile(r"Model loading took|Loading model weights took")
_PERCENT = re.compile(r"(\d+)%(?: Completed)? ?\|")
_FRACTION = re.compile(r"\| ?(\d+)/(\d+) \[")
_EAGER = re.compile(r"Enforce eager set|'enforce_eager': True|enforce_eager=True")
_SHUTDOWN = re.compile(r"\[shutdown\] API server: shutdown triggered|INFO:\s+Shutting down|Shutting down FastAPI")
_GONE = re.compile(r"Application shutdown complete|Finished server process")


@dataclass(frozen=True)
class Stage:
    """A stage that was reached. ``seconds`` counts from its beginning to the next stage's, None while nothing tells the time.
    ``ready`` begins with the last warming up and is done when the server answers.

    ``progress`` is a fraction of one; None where the log has no figure.
    """

    name: StageName
    seconds: float | None = None
    progress: float | None = None
    done: bool = False

    def to_dict(self) -> dict[str, object]:
        """One entry of ``stages`` in JSON."""
        return {"name": self.name, "seconds": self.seconds, "progress": self.progress}


class LogReader:
    """Follows a log as it grows: ``feed`` bytes, read ``stages`` and ``state``."""

    def __init__(self) -> None:
        self._splitter = LineSplitter()
        self._stages: dict[StageName, Stage] = {}
        self._began: dict[StageName, float | None] = {}
        self._clock: float | None = None
        self._eager = False
        self._media_done = False
        self._started_up = False
        self._ending: State | None = None

    def feed(self, data: bytes) -> list[LogLine]:
        """Read on; gives the lines that became complete."""
        lines = self._splitter.feed(data)
        for line in lines:
            self._read(line)
        return lines

    def finish(self) -> list[LogLine]:
        """The log has ended: read its last line too."""
        lines = self._splitter.finish()
        for line in lines:
            self._read(line)
        return lines

    def skip(self, lines: int) -> None:
        """Leave out a part of the log with so many newlines."""
        self._splitter.skip(lines)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those reached, in order; the last one is the current one."""
        return tuple(self._stages[name] for name in STAGES if name in self._stages)

    @property
    def current(self) -> StageName | None:
        """The stage that was reached last; None before the first."""
        reached = self.stages
        return reached[-1].name if reached else None

    @property
    def state(self) -> State:
        """As far as the log alone tells; whether the process lives, it does not know."""
        if self._ending:
            return self._ending
        if self._started_up:
            return "ready"
        return "loading" if self._stages else "starting"

    def _read(self, line: LogLine) -> None:
        if line.time is not None:
            self._clock = line.time
        text = line.message
        if self._started_up:  # all that can still be told is its end
            self._note_end(line)
            return
        if not self._stages:
            self._enter("resolve")
        if _EAGER.search(text):
            self._eager = True
        if name := self._begins(text):
            self._enter(name)
        self._note_media(text)
        self._note_progress(text)
        if _ANSWERS.search(text):
            self._started_up = True
            self._stages["ready"] = replace(self._stages["ready"], progress=1.0, done=True)
        self._note_end(line)
        self._measure()

    def _note_end(self, line: LogLine) -> None:
        if _SHUTDOWN.search(line.text):
            self._ending = "stopping"
        elif _GONE.search(line.message):
            self._ending = "exited"

    def _begins(self, text: str) -> StageName | None:
        if text.startswith("non-default args") or "engine (v" in text:
            return None  # these quote settings in full
        for name, pattern in _BEGINS:
            if pattern.search(text):
                return "kv_cache" if name == "compile" and self._eager else name
        return None

    def _note_media(self, text: str) -> None:
        """The preparing of the largest items, of which vLLM tells only the end: it takes the place of the last warming up.

        Newer versions do it beside the engine's start: that is no stage.
        """
        if self.current != "ready":
            self._media_done |= bool(_MEDIA_DONE.search(text))
        elif _MEDIA_BEGINS.search(text) and not self._media_done:
            del self._stages["ready"]
            began = self._began.pop("ready")
            self._enter("media")
            self._began["media"] = began

    def _enter(self, name: StageName) -> None:
        current = self.current
        if name in self._stages or (current and STAGES.index(name) < STAGES.index(current)):
            return
        if current:
            self._measure()
            self._stages[current] = replace(self._stages[current], done=True, progress=1.0)
        self._stages[name] = Stage(name)
        self._began[name] = self._clock

    def _note_progress(self, text: str) -> None:
        current = self.current
        if current not in ("weights", "graphs") or self._stages[current].done:
            return
        if current == "weights" and _WEIGHTS_DONE.search(text):
            self._stages[current] = replace(self._stages[current], progress=1.0)
        elif match := _FRACTION.search(text):
            self._progress(current, int(match[1]) / max(1, int(match[2])))
        elif match := _PERCENT.search(text):
            self._progress(current, int(match[1]) / 100)

    def _progress(self, name: StageName, fraction: float) -> None:
        self._stages[name] = replace(self._stages[name], progress=min(1.0, fraction))

    def _measure(self) -> None:
        """Seconds of the current stage so far; a start before the first time stamp counts from that."""
        current = self.current
        if current is None or self._clock is None or self._stages[current].done:
            return
        if self._began[current] is None:
            self._began[current] = self._clock
        began = self._began[current] or 0.0
        self._stages[current] = replace(self._stages[current], seconds=max(0.0, self._clock - began))
