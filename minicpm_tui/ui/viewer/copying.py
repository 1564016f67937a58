"""A picture of the conversation on the user's own machine: on its clipboard, or in a file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from textual.app import App

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.media.sniff import HEAD, sniff
from minicpm_tui.receiving.copying import fetch_line
from minicpm_tui.receiving.store import stem_now
from minicpm_tui.text import format_bytes, one_line
from minicpm_tui.ui.kit.messages import CopyText
from minicpm_tui.ui.terminal.pasting.app import Pasting
from minicpm_tui.ui.viewer.views import View

_MOST_BYTES = 64_000_000


async def copy_view(app: App[Any], view: View, *, original: bool = False) -> None:
    """Copy what ``view`` shows, or the ``original`` file; where the terminal takes no pictures, the line that fetches it."""
    source = await _source(view)
    if (data := await _bytes(app, view, source if original else None)) is None:
        return
    known = sniff(data[:HEAD])
    if known.kind == "image" and isinstance(app, Pasting) and app.copy_picture(data, known.media_type):
        app.notify(_("Copying {size} to your terminal…").format(size=format_bytes(len(data))), timeout=4, markup=False)
    elif source is not None:
        app.post_message(CopyText(fetch_line(source), _("the scp line that fetches the file")))
    else:
        app.notify(_("This terminal takes no pictures on its clipboard"), severity="warning", markup=False)


async def save_view(app: App[Any], view: View) -> None:
    """Have the terminal, which has to be iTerm2, save the file that ``view`` is of, else what it shows."""
    source = await _source(view)
    data = await _bytes(app, view, source)
    if data and isinstance(app, Pasting):
        name = source.name if source is not None else f"{stem_now('picture')}.{sniff(data[:HEAD]).reader.lower()}"
        app.save_file(data, name)
        app.notify(_("Sending {size} to your terminal…").format(size=format_bytes(len(data))), timeout=4, markup=False)
    elif data is not None:
        app.notify(_("This file is too large for the terminal"), severity="warning", markup=False)


async def _source(view: View) -> Path | None:
    return view.source if view.source is not None and await asyncio.to_thread(view.source.is_file) else None


async def _bytes(app: App[Any], view: View, source: Path | None) -> bytes | None:
    """Those of ``source``, else of what ``view`` shows; None, and a line why, where they cannot be read."""
    try:
        return await (asyncio.to_thread(_file_bytes, source) if source is not None else asyncio.to_thread(view.load))
    except (MinicpmTuiError, OSError) as error:
        app.notify(one_line(str(error)), severity="warning", timeout=10, markup=False)
        return None


def _file_bytes(path: Path) -> bytes:
    """No more than a clipboard is good for: of a longer file nothing, which is no picture then. Raises OSError."""
    return path.read_bytes() if path.stat().st_size <= _MOST_BYTES else b""
