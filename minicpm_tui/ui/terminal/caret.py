"""The caret: the terminal's own cursor stands there, and it rests when the user does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from textual.events import Event, InputEvent, Paste
from textual.geometry import Offset
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from minicpm_tui.ui.terminal.paintings import terminal_of

if TYPE_CHECKING:
    from textual.app import App
    from textual.widgets import TextArea

    _Base = App[Any]
else:
    _Base = object

BLINK_SECONDS = 10.0
"""So long the caret blinks after a key: each time costs a line over the network."""


class Caret(_Base):
    """Mixin of an app; name it before Textual's class and before what makes the output smaller. Over a slow line nothing blinks.

    An input method draws what is being composed at the terminal's own cursor. Textual moves it with the caret, but leaves it
    where it was when a field is first shown, moves or scrolls.
    """

    _pressed = 0.0
    _blink: Timer | None = None
    _still: Input | TextArea | None = None

    def on_mount(self) -> None:
        self._touch()

    async def on_event(self, event: Event) -> None:
        """Blink for as long as somebody types."""
        if isinstance(event, (InputEvent, Paste)) and not event.is_forwarded:
            self._touch()
        await super().on_event(event)

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Textual's own way to the terminal: every update ends where ``cursor_position`` says."""
        if (caret := caret_of(screen.focused)) is not None:
            self.cursor_position = caret
        super()._display(screen, renderable)

    def _touch(self) -> None:
        self._pressed = time.monotonic()
        if terminal_of(self).slow:
            self.rest_caret()
            return
        if self._still is not None:
            self._still.cursor_blink = True
            self._still = None
        if self._blink is None:
            self._blink = self.set_timer(BLINK_SECONDS, self._rest)

    def _rest(self) -> None:
        left = self._pressed + BLINK_SECONDS - time.monotonic()
        if left > 0:
            self._blink = self.set_timer(left, self._rest)
            return
        self._blink = None
        self.rest_caret()

    def rest_caret(self) -> None:
        """Stop blinking until the next key."""
        if (field := _field(self.focused)) is not None:
            field.cursor_blink = False
            self._still = field


def rest_caret(app: App[Any]) -> None:
    """Stop blinking until the next key: the user waits for something else."""
    if isinstance(app, Caret):
        app.rest_caret()


def caret_of(field: Widget | None) -> Offset | None:
    """Where the caret of a text field stands on the screen; None when ``field`` is none."""
    if (found := _field(field)) is None:
        return None
    if isinstance(found, Input):
        at = Offset(cell_len(found.value[: found.cursor_position]), 0)
    else:
        at = found.wrapped_document.location_to_offset(found.cursor_location) + Offset(found.gutter_width, 0)
    return at + found.content_region.offset - found.scroll_offset


def _field(widget: Widget | None) -> Input | TextArea | None:
    """``widget``, if one can type into it."""
    if widget is None:
        return None
    from textual.widgets import TextArea  # in the first frame nothing has the keyboard, and no TextArea is there

    return widget if isinstance(widget, (Input, TextArea)) else None
