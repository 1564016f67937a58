"""A server that this program started: what is written down of it, and what others are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from minicpm_tui import paths
from minicpm_tui.decoding import DecodingError, json_object
from minicpm_tui.i18n import N_
from minicpm_tui.text import model_name

State = Literal["starting", "loading", "ready", "unresponsive", "stopping", "exited", "failed"]
"""``unresponsive``: it was ready, its process lives, and it no longer answers."""
STATE_TITLES: dict[State, str] = {
    "starting": N_("starting"),
    "loading": N_("loading"),
    "ready": N_("ready"),
    "unresponsive": N_("not answering"),
    "stopping": N_("stopping"),
    "exited": N_("ended"),
    "failed": N_("failed"),
}
LIVE: tuple[State, ...] = ("starting", "loading", "ready", "unresponsive", "stopping")
OVER: tuple[State, ...] = ("exited", "failed")
"""The others: it has ended."""


def folder() -> Path:
    """Where the state files lie."""
    return paths.state_dir() / "servers"


def any_recorded() -> bool:
    """Whether there is a state file, without reading it: where there is none, nothing that looks at processes is needed."""
    return any(folder().glob("*.json"))


class Record(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The state file of one server: private (0600), for it holds the API key.

    ``start_ticks`` and ``boot_id`` tell its process from a later one with the same pid. ``pid`` is 0 between writing the file and
    starting the process. ``started`` and ``ready_at`` are seconds since the epoch. ``form`` is what the panel's form held,
    so that the server can be started again with changes. ``version`` is that of vLLM.
    """

    id: str
    pid: int = 0
    start_ticks: int = 0
    group: int = 0
    boot_id: str = ""
    argv: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    host: str = "127.0.0.1"
    port: int = 8000
    model: str = ""
    folder: str = ""
    log: str = ""
    key: str = ""
    started: float = 0.0
    ready_at: float | None = None
    stopping: bool = False
    ended: Literal["", "exited", "failed"] = ""
    exit_status: int | None = None
    form: dict[str, Any] = {}
    version: str = ""


@dataclass(frozen=True)
class LocalServer:
    """A ``vllm serve`` process that this program started and can stop.

    ``model`` is the name that requests use, ``folder`` the model's path or id as it was given to vLLM; ``started`` is in seconds
    since the epoch. ``command`` is a line for a shell, without keys. ``key`` is for requests only: never show, log or journal it.
    """

    id: str
    pid: int
    url: str
    model: str
    folder: str
    key: str = field(repr=False)
    started: float
    ready_at: float | None
    state: State
    log: Path
    argv: tuple[str, ...]
    command: str = ""
    exit_status: int | None = None
    form: dict[str, Any] = field(default_factory=dict)
    version: str = ""

    @property
    def live(self) -> bool:
        """True while its process runs, also when it is being stopped."""
        return self.state in LIVE

    @property
    def port(self) -> int:
        """The TCP port of ``url``; 0 where it names none."""
        return urlsplit(self.url).port or 0

    @property
    def short_name(self) -> str:
        """The model's name as it is shown, without its folders."""
        return model_name(self.model)

    @property
    def started_text(self) -> str:
        """ISO 8601, UTC."""
        return datetime.fromtimestamp(self.started, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def option(self, name: str) -> str | None:
        """The value of ``--name`` on its command line, if it is there: the last one, which is vLLM's too."""
        found: str | None = None
        flags = (f"--{name}", f"--{name.replace('-', '_')}")
        for index, argument in enumerate(self.argv):
            flag, has_value, value = argument.partition("=")
            if flag in flags:
                found = value if has_value else self.argv[index + 1] if index + 1 < len(self.argv) else ""
        return found

    def json_option(self, name: str) -> dict[str, Any]:
        """The value of an option that takes a JSON object; empty when it is absent or something else."""
        try:
            return json_object(self.option(name) or "{}")
        except DecodingError:
            return {}

    @property
    def busy_processes(self) -> int:
        """How many of its processes work all the time: those that take requests and those that drive a GPU each.

        vLLM has an API server and an engine unless ``--api-server-count``, ``--data-parallel-size`` or
        ``--tensor-parallel-size`` say otherwise.
        """
        names = ("api-server-count", "data-parallel-size", "tensor-parallel-size")
        servers, engines, gpus = (int(text) if (text := self.option(name) or "").isdigit() else 1 for name in names)
        return servers + engines * gpus

    @property
    def num_frames(self) -> int | None:
        """How many frames of a video it reads (``--media-io-kwargs``); None: vLLM's default of 32."""
        video = self.json_option("media-io-kwargs").get("video")
        count = video.get("num_frames") if isinstance(video, dict) else None
        return count if isinstance(count, int) else None

    @property
    def max_model_len(self) -> int | None:
        """Tokens of prompt and reply together, when the command line has a plain number."""
        text = self.option("max-model-len") or ""
        return int(text) if text.isdigit() else None

    @property
    def step(self) -> int | None:
        """Tokens of one step of its engine (``--max-num-batched-tokens``), when the command line has a plain number."""
        text = self.option("max-num-batched-tokens") or ""
        return int(text) if text.isdigit() else None

    @property
    def limits(self) -> dict[str, int]:
        """How many of each it takes in one conversation (``--limit-mm-per-prompt``), e.g. ``{"image": 5, "video": 2}``."""
        found = {}
        for kind, value in self.json_option("limit-mm-per-prompt").items():
            count = value.get("count") if isinstance(value, dict) else value
            if isinstance(count, int):
                found[kind] = count
        return found
