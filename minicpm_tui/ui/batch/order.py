"""What the form of a batch holds: the look through it before it starts, and the command's arguments. No terminal."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.batch.output.sidecars import Kind
from minicpm_tui.batch.records import Item
from minicpm_tui.batch.run.job import Job
from minicpm_tui.batch.run.look import look_through
from minicpm_tui.batch.run.recent import BatchRun
from minicpm_tui.errors import NameTaken, UsageError
from minicpm_tui.files import whole_path
from minicpm_tui.i18n import _
from minicpm_tui.sampling import SAMPLING

if TYPE_CHECKING:
    from minicpm_tui.chat.connect import Connection
    from minicpm_tui.config import Config
    from minicpm_tui.messages import RequestOptions

_ACCESS = ("api_key_env", "cacert", "client_cert")


class Abandoned(Exception):
    """Nobody waits for the look any more."""


@dataclass(frozen=True)
class _WatchedPlan(Plan):
    """A plan whose requests are not worth reading on once ``stopped`` says so."""

    stopped: Callable[[], bool] = lambda: False

    def items(self) -> Iterator[Item]:
        for item in super().items():
            if self.stopped():
                raise Abandoned
            yield item


class Found(NamedTuple):
    """How many requests some inputs come to, and whether each of them has a question of its own."""

    number: int
    asked: bool


def count(inputs: Sequence[str], stopped: Callable[[], bool]) -> Found:
    """What ``inputs`` come to. Raises UsageError, StorageError, Abandoned. Blocks."""
    number = asked = 0
    for item in _WatchedPlan(tuple(inputs), ("?",), stopped=stopped).items():
        number += 1
        asked += bool(item.row.text.strip() or item.row.error) or item.row.body is not None
    return Found(number, 0 < number == asked)


@dataclass(frozen=True)
class Order:
    """A batch that is wanted. Without a ``question`` the inputs ask; ``concurrency`` None is automatic; ``output`` is whole."""

    inputs: tuple[str, ...]
    question: str
    output: Path
    sidecar: Kind | None = None
    skip_existing: bool = False
    prefix: str = ""
    suffix: str = ""
    max_tokens: int | None = None
    concurrency: int | None = None

    def look(self, stopped: Callable[[], bool]) -> None:
        """What the command looks for before its first request. Raises UsageError, StorageError, Abandoned. Blocks."""
        plan = _WatchedPlan(self.inputs, (self.question,) if self.question else (), stopped=stopped)
        around = (self.prefix, self.suffix)
        job = Job(plan, self.output, sidecar=self.sidecar, skip_existing=self.skip_existing, around=around)
        try:
            seen = look_through(job)
        except NameTaken as error:
            if error.message == str(self.output):
                raise NameTaken(error.message, hint=_("choose another name")) from error
            raise NameTaken(error.message, hint=_("leave out pictures that have one")) from error
        if not len(seen.ids):
            raise UsageError(_("every picture has a sidecar already"))

    def run(self, server: Sequence[str]) -> BatchRun:
        """The command for it, in the current folder; ``server`` are the arguments that name the server."""
        words = [*server, *([f"--prompt={self.question}"] if self.question else []), f"--output={self.output}"]
        if self.sidecar is not None:
            words += [f"--sidecar={self.sidecar}", *["--skip-existing"] * self.skip_existing]
            words += [f"--{name}={text}" for name, text in (("prefix", self.prefix), ("suffix", self.suffix)) if text]
        numbers = (("max-tokens", self.max_tokens), ("concurrency", self.concurrency))
        words += [f"--{name}={number}" for name, number in numbers if number is not None]
        return BatchRun(str(self.output), (*words, "--", *self.inputs), str(Path.cwd()), time.time())


def server_arguments(connection: Connection, options: RequestOptions, config: Config, *, demo: bool) -> tuple[str, ...]:
    """The server of a conversation, its model, system prompt and sampling, for the command; the longest reply apart.

    A demo server ends with the program: the command has one of its own.
    """
    words = ["--demo"] if demo else [f"--url={connection.url}", f"--model={connection.model}"]
    given = {name: getattr(config.settings, name) for name in _ACCESS if config.origin(name) == "flag"}
    given |= {name: getattr(options, name) for name in SAMPLING if name != "max_tokens"}
    words += [f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None]
    if options.thinking is not None:
        words.append("--thinking" if options.thinking else "--no-thinking")
    return (*words, f"--system={options.system}")


def inputs_of(paths: Sequence[Path]) -> tuple[str, ...]:
    """Marked files as the command is given them: from the current folder where they lie there, so that their ids are short."""
    here = Path.cwd()
    return tuple(str(path.relative_to(here)) if path.is_relative_to(here) and path != here else str(path) for path in paths)


def free_output(inputs: Sequence[str]) -> Path:
    """Where the answers about ``inputs`` could go: a file in the current folder, else at home, that is not there yet. Blocks."""
    here = Path.cwd()
    folder = here if os.access(here, os.W_OK) else Path.home()
    first = whole_path(Path(inputs[0])) if inputs else folder
    named = first if len(inputs) == 1 else first.parent
    name = (named.name if named.is_dir() else named.stem) or "batch"
    if any(sign in name for sign in "*?["):
        name = "batch"
    found = (folder / f"{name}{number}.jsonl" for number in ("", *(f"-{number}" for number in range(2, 10_000))))
    return next(path for path in found if not os.path.lexists(path))
