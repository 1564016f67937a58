"""How a run goes, on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Protocol, TextIO, cast

from minicpm_tui.i18n import _, ngettext
from minicpm_tui.messages import EndKind
from minicpm_tui.text import format_duration, printable

if TYPE_CHECKING:
    from rich.console import Console

WINDOW_SECONDS = 30.0
PLAIN_SECONDS = 10.0


@dataclass
class Tally:
    """``total`` requests of this run, ``done`` of them answered or failed; ``ends`` counts how the answers ended,
    ``sidecars`` what is to be told of them.

    Rates are those of the last half minute.
    """

    total: int
    done: int = 0
    failed: int = 0
    tokens: int = 0
    ends: Counter[EndKind] = field(default_factory=Counter)
    sidecars: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)
    _recent: deque[tuple[float, int, int]] = field(default_factory=deque)

    def restart(self) -> None:
        """Rates are counted from now on."""
        self.began = time.monotonic()

    def add(self, done: int, failed: int, tokens: int) -> None:
        """So many more requests are ``done``, ``failed`` of them; ``tokens`` were generated for them."""
        self.done += done
        self.failed += failed
        self.tokens += tokens
        now = time.monotonic()
        self._recent.append((now, done, tokens))
        while self._recent and now - self._recent[0][0] > WINDOW_SECONDS:
            self._recent.popleft()

    @property
    def seconds(self) -> float:
        """Since the beginning, or since ``restart``."""
        return time.monotonic() - self.began

    @property
    def seconds_used(self) -> float:
        """From the beginning to the last answer."""
        return self._recent[-1][0] - self.began if self._recent else 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return sum(done for _at, done, _tokens in self._recent) / self._span()

    @property
    def token_rate(self) -> float:
        """Generated tokens a second."""
        return sum(tokens for _at, _done, tokens in self._recent) / self._span()

    @property
    def seconds_left(self) -> float | None:
        """By the present rate; None where there is none."""
        return (self.total - self.done) / self.rate if self.rate else None

    def line(self, trouble: str = "") -> str:
        """All figures as one line; while nothing is answered, ``trouble`` in the place of a speed."""
        left = self.seconds_left
        if trouble:
            return f"{self.done}/{self.total}, {trouble}"
        parts = [
            f"{self.done}/{self.total}",
            _("{rate:.1f} requests/s").format(rate=self.rate),
            _("{rate:.0f} tokens/s").format(rate=self.token_rate),
            ngettext("{count} failed", "{count} failed", self.failed).format(count=self.failed),
            _("{time} left").format(time="–" if left is None else format_duration(left)),
        ]
        return ", ".join(parts)

    def _span(self) -> float:
        return max(1.0, min(WINDOW_SECONDS, self.seconds))


class Reporter(Protocol):
    """Shows a ``Tally``. ``update`` whenever it may have changed; ``say`` a line of its own."""

    def start(self) -> None:
        """The run begins."""

    def update(self, gpus: str = "", trouble: str = "") -> None:
        """The tally may have changed; ``gpus`` is how busy they are, ``trouble`` why nothing is answered just now."""

    def say(self, text: str) -> None:
        """Show ``text`` as a line that stays."""

    def stop(self) -> None:
        """The run is over: leave the cursor below what was drawn."""


class _Unfailing:
    """stderr for a run that outlives whoever reads it: once a terminal or pipe is gone, what is written goes nowhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            self._let_go()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._let_go()

    def _let_go(self) -> None:
        """Nor may what is still buffered raise when the interpreter ends."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def stderr_console() -> Console:
    """Where a run tells how it goes."""
    from rich.console import Console

    return Console(file=cast("IO[str]", _Unfailing(sys.stderr)))


def reporter(tally: Tally, console: Console, plain_seconds: float = PLAIN_SECONDS) -> Reporter:
    """The bar where ``console`` is a terminal, else plain lines, one in ``plain_seconds`` at most."""
    return BarReporter(tally, console) if console.is_terminal else PlainReporter(tally, console, plain_seconds)


def say(console: Console, text: str) -> None:
    """A line of plain text; above the bar while there is one."""
    console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


def _with_gpus(line: str, gpus: str) -> str:
    return ", ".join(filter(None, (line, gpus)))


class PlainReporter:
    """A line every few seconds, when something has changed."""

    def __init__(self, tally: Tally, console: Console, seconds: float) -> None:
        self._tally = tally
        self._console = console
        self._seconds = seconds
        self._said_at = tally.began
        self._said_done = 0
        self._trouble = ""

    def start(self) -> None:
        """Nothing yet."""

    def update(self, gpus: str = "", trouble: str = "") -> None:
        """Say the figures, when it is time and something is new."""
        if trouble and not self._trouble:  # which was said when it began
            self._said_at = time.monotonic()
        self._trouble = trouble
        if (trouble or self._tally.done != self._said_done) and time.monotonic() - self._said_at >= self._seconds:
            self._said_at, self._said_done = time.monotonic(), self._tally.done
            self.say(_with_gpus(self._tally.line(trouble), gpus))

    def say(self, text: str) -> None:
        """Print a line at once."""
        say(self._console, text)

    def stop(self) -> None:
        """Nothing is left on the screen."""


class BarReporter:
    """A bar with the figures beside it, drawn by rich four times a second."""

    def __init__(self, tally: Tally, console: Console) -> None:
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        self._tally = tally
        self._progress = Progress(
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[figures]}", markup=False),
            console=console,
            refresh_per_second=4,
            get_time=time.monotonic,
        )
        self._task = self._progress.add_task("", total=tally.total, figures="")

    def start(self) -> None:
        """Draw the bar."""
        self._progress.start()

    def update(self, gpus: str = "", trouble: str = "") -> None:
        """Move the bar; rich draws it."""
        figures = _with_gpus(self._tally.line(trouble), gpus)
        self._progress.update(self._task, completed=self._tally.done, figures=figures)

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        say(self._progress.console, text)

    def stop(self) -> None:
        """Leave the bar as it stands."""
        self.update()
        self._progress.stop()
