"""``ask`` on a terminal: Markdown that is drawn while it arrives. Finished blocks are printed once; only the last one moves."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from minicpm_tui.chat.events import Preparing
from minicpm_tui.cli.ask_output import Output
from minicpm_tui.i18n import _
from minicpm_tui.markdown.console import Lines
from minicpm_tui.markdown.stream import Stream
from minicpm_tui.messages import End
from minicpm_tui.text import one_line, printable

DRAW_SECONDS = 0.1
REASONING_LINES = 3


class TerminalOutput(Output):
    """Draws with ``rich`` what the conversation would show; nothing of the model reaches the terminal unfiltered."""

    def __init__(self) -> None:
        super().__init__()
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True, vertical_overflow="crop")
        self._stream = Stream(addresses=True)
        self._blocks = 0
        self._thinking = ""
        self._drawn = 0.0
        self._flushed = False
        self._printed = False

    def content(self, text: str) -> None:
        """A piece of the answer: finished blocks are printed, the last one is drawn and drawn again."""
        self._thinking = ""
        self._stream.feed(text)
        self._draw()

    def reasoning(self, text: str) -> None:
        """A piece of the reasoning: its last lines show until the answer begins."""
        self._thinking = (self._thinking + printable(text))[-4000:]
        self._draw()

    def preparing(self, event: Preparing) -> None:
        """How far a file is, on the line that is drawn again."""
        line = _("preparing {name} {percent:.0%}").format(name=one_line(event.name, 60), percent=event.fraction)
        self._live.update(Text(line, style="dim"), refresh=True)

    def say(self, line: str) -> None:
        """A line for the user, above what is being drawn."""
        self._live.stop()
        super().say(line)
        if not self._flushed:
            self._live.start()

    def ended(self, end: End) -> None:
        """Print what is left of the answer, then how it ended."""
        self._flush()
        self.tell(end)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._flush()

    def _draw(self) -> None:
        if time.monotonic() - self._drawn < DRAW_SECONDS:
            return
        self._print_finished()
        if self._thinking:
            self._live.update(Text("\n".join(self._thinking.splitlines()[-REASONING_LINES:]), style="dim italic"), refresh=True)
        else:
            self._live.update(self._moving(), refresh=True)
        self._drawn = time.monotonic()

    def _moving(self) -> Group:
        """What is not finished, below an empty line when something stands above."""
        lines = Lines(self._stream.lines(self._console.width), last=True)
        return Group(Text(""), lines) if self._printed and self._stream.tail.strip() else Group(lines)

    def _flush(self) -> None:
        """Print what is left; nothing moves any more."""
        if self._flushed:
            return
        self._flushed = True
        self._live.update(Text(""), refresh=True)
        self._live.stop()
        self._stream.finish()
        self._print_finished()

    def _print_finished(self) -> None:
        """The blocks that later text cannot change, one empty line between them."""
        stream = self._stream
        for start, end in stream.blocks[self._blocks :]:
            lines = stream.block_lines(start, end, self._console.width)
            if lines and self._printed and start not in stream.cuts:
                self._console.print()
            self._printed |= bool(lines)
            self._console.print(Lines(lines), end="")
        self._blocks = len(stream.blocks)
