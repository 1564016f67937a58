"""Before the program ends: are servers of ours to go on, or to stop?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.app import App

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit.dialogs import Ask

if TYPE_CHECKING:
    from minicpm_tui.servers.local import LocalServer


async def ask(app: App[int], connected: LocalServer | None) -> bool:
    """Ask about the server that is talked with and those started since the program runs; False when the user stays."""
    try:
        servers = await asyncio.to_thread(_concerned, connected)
    except MinicpmTuiError:
        return True
    if not servers:
        return True
    answers = (("keep", _("Keep it running")), ("stop", _("Stop it")), ("stay", _("Stay")))
    answer = await app.push_screen_wait(Ask(await asyncio.to_thread(_question, servers), answers))
    if answer == "stop":
        return await _stop(app, servers)
    return answer == "keep"


def _concerned(connected: LocalServer | None) -> list[LocalServer]:
    from minicpm_tui.servers import children, registry

    wanted = connected.id if connected else ""
    return [server for server in registry.running() if server.id == wanted or children.ours(server.pid)]


def _question(servers: list[LocalServer]) -> str:
    """Says which, and when they would be ended with the login anyway."""
    from minicpm_tui.servers import survival

    names = ", ".join(one_line(server.model.rstrip("/").rpartition("/")[2], 40) for server in servers)
    text = ngettext(
        "The server {names} was started by this program.", "The servers {names} were started by this program.", len(servers)
    )
    lines = [text.format(names=names), *(f"{title} — {hint}" for title, hint in survival.warnings())]
    return "\n".join(lines)


async def _stop(app: App[int], servers: list[LocalServer]) -> bool:
    from minicpm_tui.ui.server import start

    app.notify(_("Stopping the server…"), markup=False)
    for server in servers:
        try:
            await asyncio.to_thread(start.stop, server.id)
        except MinicpmTuiError as error:
            app.notify(one_line(error.info.line()), severity="warning", markup=False)
            return False
    return True
