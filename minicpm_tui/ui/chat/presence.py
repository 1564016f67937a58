"""Keeps the status line true while nobody asks: a dead tunnel is noticed, and so is its return."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from minicpm_tui.errors import BackendError, ServerUnreachable
from minicpm_tui.i18n import _
from minicpm_tui.ui.chat.connection import Connected, Lost
from minicpm_tui.ui.kit.error_line import error_line

if TYPE_CHECKING:
    from minicpm_tui.ui.chat.pane import TalkPane

INTERVAL = 1.2
"""Seconds between two looks: a server that is gone is to show within three."""


async def watch(talk: TalkPane, changed: Callable[[], None]) -> None:
    """Look at the server of ``talk`` as long as it is the same one; ``changed`` is called when it is gone or back."""
    from minicpm_tui.backends.presence import can_be_watched, stands

    connector = talk.model.connector
    if (connection := connector.connection) is None or not await asyncio.to_thread(can_be_watched, connection.url):
        return
    while connector.connection is connection:
        await asyncio.sleep(INTERVAL)
        if talk.running:  # the reply itself tells
            continue
        match connector.state:
            case Connected() if not await stands(connection.url):
                hint = connection.when_gone or _("it is looked for until it is back")
                words = ServerUnreachable(connection.url, title=_("The connection to the server is gone"), hint=hint)
                connector.lose(connection.url, error_line(words.info))
                changed()
            case Lost() if await stands(connection.url) and await _answers(connection.url, connection.key):
                connector.found(connection.url)
                changed()


async def _answers(url: str, key: str) -> bool:
    """A server that is still loading, or a gateway without one, is not back yet."""
    from minicpm_tui.backends.probe import probe

    try:
        await probe(url, key)
    except BackendError:
        return False
    return True
