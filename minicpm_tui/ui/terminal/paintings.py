"""The terminal's graphics as the running app knows them, and pictures on their way to it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from textual.events import Resize
from textual.reactive import reactive

from minicpm_tui.ui.terminal import mouse
from minicpm_tui.ui.terminal.answers import Answered
from minicpm_tui.ui.terminal.graphics.query import CELL_QUESTION, Terminal, cell_of, light_of, plausible, window_cell
from minicpm_tui.ui.terminal.graphics.symbols import Blocks

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

    from minicpm_tui.ui.terminal.graphics.painter import Painting

    _Base = App[Any]
else:
    _Base = object


class Drawing(_Base):
    """Mixin of an app that knows what its terminal can draw; name it before Textual's class."""

    terminal: reactive[Terminal] = reactive(Terminal(), repaint=False, init=False)
    """Changes when the terminal's font does, and when the terminal answers late."""

    def on_resize(self, _event: Resize) -> None:
        """The font may have another size now. A terminal that has told is asked again: the kernel's figure has the margins in."""
        if self.is_headless:
            return
        if self.terminal.tells_cell:
            mouse.write(self, CELL_QUESTION)
            return
        cell = window_cell(sys.__stdin__.fileno()) if sys.__stdin__ else (0, 0)
        self._use_cell(cell)

    def on_answered(self, event: Answered) -> None:
        answer = event.text.encode()
        if cell := cell_of(answer):
            self._use_cell(cell)
        elif (light := light_of(answer)) is not None:
            self.terminal = msgspec.structs.replace(self.terminal, light=light)

    def _use_cell(self, cell: tuple[int, int]) -> None:
        if plausible(*cell):
            self.terminal = msgspec.structs.replace(self.terminal, cell_width=cell[0], cell_height=cell[1])


def terminal_of(app: App[Any]) -> Terminal:
    """What the terminal can draw; half blocks for an app that does not know."""
    return app.terminal if isinstance(app, Drawing) else Terminal("blocks")


def use_blocks(app: App[Any], blocks: Blocks) -> None:
    """Divide cells so from now on; what shows is painted anew."""
    if isinstance(app, Drawing):
        app.terminal = msgspec.structs.replace(app.terminal, blocks=blocks)


def when_cells_change(widget: Widget, draw: Callable[[], object]) -> None:
    """Call ``draw`` when pictures that ``widget`` shows have to be painted for cells of another size or division."""
    if not isinstance(widget.app, Drawing):
        return

    def changed(old: Terminal, new: Terminal) -> None:
        if _drawn_for(old) != _drawn_for(new):
            draw()

    widget.watch(widget.app, "terminal", changed, init=False)


def _drawn_for(terminal: Terminal) -> tuple[object, ...]:
    """What of the terminal every painting depends on."""
    return terminal.cell_width, terminal.cell_height, terminal.blocks


async def painted(app: App[Any], data: bytes, columns: int, rows: int, *, fill: bool = False, spare: bool = False) -> Painting:
    """``data`` (an encoded picture) drawn within ``columns``×``rows`` cells, ready to be shown; ``fill``: see ``painter.fit``.

    ``spare`` a slow line: nothing is drawn there, since even cells hold up what is typed for a second. Raises OSError.
    """
    from minicpm_tui.ui.terminal.graphics.painter import paint

    terminal = terminal_of(app)
    if spare and terminal.slow:
        terminal = msgspec.structs.replace(terminal, graphics="off")
    painting = await asyncio.to_thread(paint, data, columns, rows, terminal, fill=fill)
    if painting.preamble:
        mouse.write(app, painting.preamble)
    return painting


def forget(app: App[Any], painting: Painting) -> None:
    """Free what the terminal keeps of a painting that is no longer shown."""
    if painting.image_id is not None:
        from minicpm_tui.ui.terminal.graphics import kitty

        mouse.write(app, kitty.forget(painting.image_id))
