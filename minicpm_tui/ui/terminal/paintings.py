"""The terminal's graphics as the running app knows them, and pictures on their way to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from minicpm_tui.ui.terminal import mouse
from minicpm_tui.ui.terminal.graphics.query import Terminal

if TYPE_CHECKING:
    from textual.app import App

    from minicpm_tui.ui.terminal.graphics.painter import Painting


@runtime_checkable
class Drawing(Protocol):
    """An app that knows what its terminal can draw."""

    terminal: Terminal


def terminal_of(app: App[Any]) -> Terminal:
    """What the terminal can draw; half blocks for an app that does not know."""
    return app.terminal if isinstance(app, Drawing) else Terminal("blocks")


async def painted(app: App[Any], data: bytes, columns: int, rows: int) -> Painting:
    """``data`` (an encoded picture) drawn within ``columns``×``rows`` cells, ready to be shown. Raises OSError."""
    from minicpm_tui.ui.terminal.graphics.painter import paint

    painting = await asyncio.to_thread(paint, data, columns, rows, terminal_of(app))
    if painting.preamble:
        mouse.write(app, painting.preamble)
    return painting


def forget(app: App[Any], painting: Painting) -> None:
    """Free what the terminal keeps of a painting that is no longer shown."""
    if painting.image_id is not None:
        from minicpm_tui.ui.terminal.graphics import kitty

        mouse.write(app, kitty.forget(painting.image_id))
