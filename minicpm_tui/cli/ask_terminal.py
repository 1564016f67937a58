"""``ask`` on a terminal: Markdown that is drawn while it arrives. Finished blocks are printed once; only the last one moves."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.markdown import Markdown
from rich.segment import Segment
from rich.text import Text

from minicpm_tui.chat.events import Preparing
from minicpm_tui.cli.ask_output import Output
from minicpm_tui.i18n import _
from minicpm_tui.messages import End
from minicpm_tui.text import one_line, printable

DRAW_SECONDS = 0.1
REASONING_LINES = 3


class TerminalOutput(Output):
    """Draws with ``rich``; nothing of the model reaches the terminal unfiltered."""

    def __init__(self) -> None:
        super().__init__()
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True, vertical_overflow="crop")
        self._tail = ""
        self._thought = ""
        self._drawn = 0.0
        self._flushed = False
        self._printed = False

    def content(self, text: str) -> None:
        if self._thought:
            self._thought = ""
        self._tail += printable(text)
        self._draw()

    def reasoning(self, text: str) -> None:
        self._thought = (self._thought + printable(text))[-4000:]
        self._draw()

    def preparing(self, event: Preparing) -> None:
        line = _("preparing {name} {percent:.0%}").format(name=one_line(event.name, 60), percent=event.fraction)
        self._live.update(Text(line, style="dim"), refresh=True)

    def say(self, line: str) -> None:
        self._live.stop()
        super().say(line)
        if not self._flushed:
            self._live.start()

    def ended(self, end: End) -> None:
        self._flush()
        if end.error:
            super().say(end.error.line())

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._flush()

    def _draw(self) -> None:
        if time.monotonic() - self._drawn < DRAW_SECONDS:
            return
        finished, self._tail = split_finished(self._tail)
        if finished.strip():
            self._print(finished)
        if self._thought:
            self._live.update(Text("\n".join(self._thought.splitlines()[-REASONING_LINES:]), style="dim italic"), refresh=True)
        else:
            self._live.update(self._moving(), refresh=True)
        self._drawn = time.monotonic()

    def _moving(self) -> Group:
        """What is not finished, below an empty line when something stands above."""
        tail = _Lines(Markdown(self._tail), last=True)
        return Group(Text(""), tail) if self._printed and self._tail.strip() else Group(tail)

    def _flush(self) -> None:
        """Print what is left; nothing moves any more."""
        if self._flushed:
            return
        self._flushed = True
        self._live.update(Text(""), refresh=True)
        self._live.stop()
        if self._tail.strip():
            self._print(self._tail)
        self._tail = ""

    def _print(self, text: str) -> None:
        """Finished blocks, one empty line between them and those before."""
        if self._printed:
            self._console.print()
        self._printed = True
        self._console.print(_Lines(Markdown(text)))


def split_finished(text: str) -> tuple[str, str]:
    """Markdown in two: the blocks that later text cannot change, and the last block with what follows."""
    from markdown_it import MarkdownIt

    starts = [token.map[0] for token in MarkdownIt().enable("table").parse(text) if token.level == 0 and token.map]
    if len(set(starts)) < 2:
        return "", text
    lines = text.splitlines(keepends=True)
    return "".join(lines[: starts[-1]]), "".join(lines[starts[-1] :])


class _Lines:
    """Markdown without the empty lines around it; with ``last`` only the end of what does not fit the terminal."""

    def __init__(self, content: Markdown, *, last: bool = False) -> None:
        self._content = content
        self._last = last

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self._content, options, pad=False)
        while lines and not _has_text(lines[-1]):
            lines.pop()
        while lines and not _has_text(lines[0]):
            lines.pop(0)
        for line in lines[-max(1, console.height - 2) :] if self._last else lines:
            yield from line
            yield Segment.line()


def _has_text(line: list[Segment]) -> bool:
    return any(segment.text.strip() for segment in line)
