"""Starts the demo server as a process of its own, for a first conversation without a GPU."""

from __future__ import annotations

import os
import secrets
import selectors
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.errors import StartFailed
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line

_START_SECONDS = 60.0
_STOP_SECONDS = 3.0


class Order(msgspec.Struct, frozen=True):
    """What the process is told on its standard input, as one line of JSON; port 0 is any free one."""

    options: DemoOptions
    port: int = 0


class Report(msgspec.Struct, frozen=True):
    """What it answers on its standard output once it listens."""

    url: str


class DemoProcess:
    """A running demo server. ``url`` is its root (no ``/v1``).

    It ends with ``stop``, and by itself as soon as this process is gone, however that ended.
    """

    def __init__(self, process: subprocess.Popen[bytes], url: str, key: str, model: str) -> None:
        self._process = process
        self.url = url
        self.key = key
        self.model = model

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """It has not ended, in whatever way."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it and wait for that; more than once is fine. Blocks for a moment."""
        _end(self._process)


def launch(options: DemoOptions | None = None, *, port: int = 0) -> DemoProcess:
    """Start a demo server, by default with a key of its own, and wait until it listens. Blocks.

    Raises StartFailed with what the process said.
    """
    options = options or DemoOptions(api_key=secrets.token_urlsafe(16))
    process = subprocess.Popen(
        [sys.executable, "-m", "minicpm_tui.demo"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
        start_new_session=True,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(Order(options, port)) + b"\n")
        process.stdin.flush()
        report = _first_line(process)
    except BaseException:
        _end(process)
        raise
    return DemoProcess(process, report.url, options.api_key, options.model)


def _environment() -> dict[str, str]:
    """This process's own package first, and nothing from the folder that the user happens to be in."""
    package = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def _first_line(process: subprocess.Popen[bytes]) -> Report:
    assert process.stdout is not None
    deadline, line = time.monotonic() + _START_SECONDS, b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(deadline - time.monotonic()):
                raise _failed(_("no answer within {seconds:.0f} s").format(seconds=_START_SECONDS))
            part = os.read(process.stdout.fileno(), 4096)
            if not part:
                raise _failed(_last_words(process))
            line += part
    return msgspec.json.decode(line, type=Report)


def _failed(words: str) -> StartFailed:
    return StartFailed(words, title=_("The demo server did not start"))


def _last_words(process: subprocess.Popen[bytes]) -> str:
    assert process.stderr is not None
    lines = process.stderr.read().decode("utf-8", "replace").strip().splitlines()
    return one_line(lines[-1], 300) if lines else _("it ended with exit status {status}").format(status=process.wait())


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                continue
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
