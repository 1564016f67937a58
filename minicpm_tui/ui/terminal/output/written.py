"""What goes to the terminal: only what is not on it already, as soon as the line has room for it.

Textual writes all that is marked dirty, at once. Here its updates are laid over a picture of the terminal (``surface``); a frame
is what differs when the terminal has drawn the one before (``frames``). What a key changes is shown at once.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, cast

from rich.color import ColorSystem
from textual._compositor import CompositorUpdate
from textual.events import Event, InputEvent, Paste

from minicpm_tui.ui.terminal.output.frames import QUESTION, Frames
from minicpm_tui.ui.terminal.output.surface import Surface

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    _Base = App[Any]
else:
    _Base = object

_KEY_SECONDS = 0.1
"""What is drawn so soon after a key is its echo."""
_SYNC_FROM = 100
"""Bytes of a frame from which the terminal is asked to show it as one (mode 2026): less arrives as one."""
_SYNC_BEGIN, _SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
_NO_ERASE = ("screen", "linux", "vt", "ansi", "cons", "dumb")
"""Names of terminals that clear with their own background, whatever is on (no BCE in terminfo)."""


def erases(environ: Mapping[str, str]) -> bool:
    """Whether the terminal clears with the background that is on."""
    return bool(environ.get("TERM")) and not environ["TERM"].startswith(_NO_ERASE)


class LeanOutput(_Base):
    """Mixin of an app that writes no more than it has to; name it before Textual's class."""

    as_textual_writes = False
    """True where the user wants Textual's own output."""

    _surface: Surface | None = None
    _key_at = 0.0
    _next_frame: asyncio.TimerHandle | None = None
    _slow: bool | None = None
    _app_context: Context | None = None

    async def on_event(self, event: Event) -> None:
        """What a key changes is drawn at once."""
        if isinstance(event, (InputEvent, Paste)):
            self._key_at = time.monotonic()
        await super().on_event(event)

    def frame_drawn(self, at: float) -> None:
        """The terminal says that it has drawn a frame; that was read at ``at`` (``time.monotonic``).

        For the driver to call on the event loop, in whatever context."""
        if self._app_context is not None:
            self._app_context.run(self._after_answer, at)

    def _after_answer(self, at: float) -> None:
        self.frames.answered(at)
        if (slow := self.frames.slow) is not None and slow != self._slow:
            self._slow = slow
            self.call_next(self.line_measured, slow=slow)
        self._write_frame()

    def line_measured(self, *, slow: bool) -> None:
        """The line to the terminal has turned out to be slow, or not to be any more."""

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Textual's own way to the terminal."""
        if not self._draws or not isinstance(renderable, CompositorUpdate):
            if self._surface is not None and renderable is not None and self._draws:
                self._surface.forget()
            super()._display(screen, renderable)
            return
        surface = self._surface or self._begin()
        surface.resize(*screen.outer_size)
        try:
            known = surface.apply(renderable)
        except Exception as error:  # noqa: BLE001 - as Textual does: it ends the app with a traceback
            self._handle_exception(error)
            return
        if known:
            self._write_frame()
            self.post_display_hook()
        else:
            surface.forget()
            super()._display(screen, cast("Any", renderable))

    def _begin(self) -> Surface:
        system = ColorSystem[(self.console.color_system or "truecolor").upper().replace("256", "EIGHT_BIT")]
        self._surface = Surface(system, erases=erases(os.environ))
        self.frames = Frames()
        self._app_context = copy_context()
        self.app_resume_signal.subscribe(self, lambda _app: self.forget_output(), immediate=True)
        return self._surface

    def _write_frame(self) -> None:
        """Write what differs, now or as soon as it may be."""
        if self._next_frame is not None:
            self._next_frame.cancel()
            self._next_frame = None
        if self._surface is None or self._driver is None or not self._draws:
            return
        now = time.monotonic()
        if wait := self.frames.wait(now, for_key=now - self._key_at < _KEY_SECONDS):
            self._next_frame = asyncio.get_running_loop().call_later(wait, self._write_frame)
            return
        frame = self._surface.frame(self.screen.outer_size.clamp_offset(self.cursor_position))
        if not frame:
            return
        if len(frame) >= _SYNC_FROM:
            asks = self.frames.asks
            frame = f"{_SYNC_BEGIN}{frame}{_SYNC_END}" if self._sync_available else frame
            frame += QUESTION if asks else ""
        else:
            asks = False
        self._driver.write(frame)
        self._driver.flush()
        self.frames.written(now, len(frame), asked=asks)

    @property
    def _draws(self) -> bool:
        """Would Textual write now, to a whole screen?"""
        driver = self._driver
        if driver is None or driver.is_inline or self.is_headless or self.as_textual_writes:
            return False
        return self._running and not self._closed and not self._batch_count

    def forget_output(self) -> None:
        """Something else has written to the terminal."""
        if self._surface is not None:
            self._surface.forget()
