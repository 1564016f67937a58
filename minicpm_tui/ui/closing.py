"""Leaving the program: ask where something would be lost, keep what is written, let servers and journals go."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.ui.composer import drafts
from minicpm_tui.ui.dialogs import Ask

if TYPE_CHECKING:
    from minicpm_tui.ui.app import MinicpmApp


async def ask_and_quit(app: MinicpmApp) -> None:
    """Quit, after asking when a reply streams or a server of ours runs."""
    if app.chat.talk.running:
        question = _("A reply is still streaming. What has arrived is saved.")
        if await app.push_screen_wait(Ask(question, (("quit", _("Stop it and quit")), ("stay", _("Stay"))))) != "quit":
            return
    connection = app.chat.current.link.connection
    if connection is not None and connection.server is not None:
        question = _("The server {model} was started by this program and holds the GPU.").format(model=connection.model)
        answers = (("keep", _("Keep it running")), ("stop", _("Stop it")), ("stay", _("Stay")))
        answer = await app.push_screen_wait(Ask(question, answers))
        if answer not in {"keep", "stop"}:
            return
        if answer == "stop":
            await _stop(app, connection.server.id)
    await close(app, 0)


async def _stop(app: MinicpmApp, server_id: str) -> None:
    from minicpm_tui.servers import launch

    app.notify(_("Stopping the server…"), markup=False)
    try:
        await asyncio.to_thread(launch.stop, server_id)
    except MinicpmTuiError as error:
        app.say(error)


async def close(app: MinicpmApp, status: int) -> None:
    """Save the draft, keep what arrived of a reply, and end with ``status``."""
    with contextlib.suppress(MinicpmTuiError):
        await asyncio.to_thread(drafts.save, app.chat.talk.drafting.now())
    with contextlib.suppress(MinicpmTuiError):
        await app.chat.current.close()
    app.exit(status, return_code=status)
