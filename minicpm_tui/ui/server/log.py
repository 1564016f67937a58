"""A server's log: read, searched and followed."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input, Log, Static

from minicpm_tui.i18n import _
from minicpm_tui.servers.loglines import LineSplitter
from minicpm_tui.text import one_line, printable
from minicpm_tui.ui.kit.commands import Commanded, bindings
from minicpm_tui.ui.kit.field import Field
from minicpm_tui.ui.kit.hint_bar import HintBar
from minicpm_tui.ui.server.commands import LOG

_LINES = 20_000
_PIECE = 1 << 20
_TAIL = 8 << 20
_SECONDS = 0.5


class LogScreen(Commanded, Screen[None]):
    """Shows the last lines of ``path`` and follows it while it is open."""

    DECLARED = LOG
    BINDINGS = bindings(LOG)
    DEFAULT_CSS = """
    LogScreen Log { height: 1fr; background: $background; }
    LogScreen Input { dock: bottom; height: 1; border: none; background: $boost; display: none; offset: 0 -1; }
    LogScreen #where { height: 1; background: $panel; color: $text-muted; padding: 0 1; }
    LogScreen Input.-open { display: block; }
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.lines: deque[str] = deque(maxlen=_LINES)
        self._splitter = LineSplitter()
        self._position: int | None = None
        self._match: int | None = None

    def compose(self) -> ComposeResult:
        yield Static(one_line(str(self.path)), id="where", markup=False)
        yield Log(max_lines=_LINES, auto_scroll=True)
        yield Field(placeholder=_("find in the log"), compact=True)
        yield HintBar()

    def on_mount(self) -> None:
        self.query_one(Log).focus()
        self.read_on()
        self.set_interval(_SECONDS, self.read_on)

    @work(exclusive=True, group="read")
    async def read_on(self) -> None:
        """Show what was added."""
        while data := await asyncio.to_thread(self._read):
            lines = [printable(line.text) for line in self._splitter.feed(data) if not line.bar]
            self.lines.extend(lines)
            self.query_one(Log).write_lines(lines)

    def _read(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, 2)
                if self._position is None or size < self._position:
                    self._position = max(0, size - _TAIL)
                file.seek(self._position)
                data = file.read(_PIECE)
        except OSError:
            return b""
        self._position += len(data)
        return data

    def action_close(self) -> None:
        field = self.query_one(Input)
        if field.has_class("-open"):
            field.remove_class("-open")
            self.query_one(Log).focus()
        else:
            self.dismiss()

    def action_find(self) -> None:
        field = self.query_one(Input)
        field.add_class("-open")
        field.focus()

    def action_follow(self) -> None:
        log = self.query_one(Log)
        log.auto_scroll = not log.auto_scroll
        if log.auto_scroll:
            log.scroll_end(animate=False)
        self.notify(_("following") if log.auto_scroll else _("not following"), timeout=2, markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._match = None
        event.input.remove_class("-open")
        self.query_one(Log).focus()
        self.action_next(1)

    def action_next(self, step: int) -> None:
        """Go to the next line that holds the text; from the end on it begins anew."""
        wanted = self.query_one(Input).value.casefold()
        found = [number for number, line in enumerate(self.lines) if wanted and wanted in line.casefold()]
        if not found:
            self.notify(_("not in the log"), timeout=3, markup=False)
            return
        log = self.query_one(Log)
        log.auto_scroll = False
        here = self._match if self._match is not None else (-1 if step > 0 else len(self.lines))
        ahead = [number for number in found if number > here] if step > 0 else [number for number in found[::-1] if number < here]
        self._match = (ahead or (found if step > 0 else found[::-1]))[0]
        log.scroll_to(y=max(0, self._match - 2), animate=False)
        text = _("match {number} of {count}: line {line} · n next, N previous")
        where = text.format(number=found.index(self._match) + 1, count=len(found), line=self._match + 1)
        self.query_one("#where", Static).update(f"{one_line(self.lines[self._match], 100)}  {where}")
