"""A picture of the conversation on the clipboard of the user's own machine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from textual.app import App

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.media.sniff import HEAD, sniff
from minicpm_tui.receiving.copying import fetch_line
from minicpm_tui.text import format_bytes, one_line
from minicpm_tui.ui.kit.messages import CopyText
from minicpm_tui.ui.terminal.pasting.app import Pasting
from minicpm_tui.ui.viewer.views import View

_MOST_BYTES = 64_000_000


async def copy_view(app: App[Any], view: View, *, original: bool = False) -> None:
    """Copy what ``view`` shows, or the ``original`` file; where the terminal takes no pictures, the line that fetches it."""
    source = view.source if view.source is not None and await asyncio.to_thread(view.source.is_file) else None
    try:
        data = (
            await asyncio.to_thread(_file_bytes, source)
            if original and source is not None
            else await asyncio.to_thread(view.load)
        )
    except (MinicpmTuiError, OSError) as error:
        app.notify(one_line(str(error)), severity="warning", timeout=10, markup=False)
        return
    known = sniff(data[:HEAD])
    if known.kind == "image" and isinstance(app, Pasting) and app.copy_picture(data, known.media_type):
        app.notify(_("Copying {size} to your terminal…").format(size=format_bytes(len(data))), timeout=4, markup=False)
    elif source is not None:
        app.post_message(CopyText(fetch_line(source), _("the scp line that fetches the file")))
    else:
        app.notify(_("This terminal takes no pictures on its clipboard"), severity="warning", markup=False)


def _file_bytes(path: Path) -> bytes:
    """No more than a clipboard is good for: of a longer file nothing, which is no picture then. Raises OSError."""
    return path.read_bytes() if path.stat().st_size <= _MOST_BYTES else b""
