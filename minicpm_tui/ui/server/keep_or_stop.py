"""Before a server of ours ends: is it to? It took minutes to load, and others may be using it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from textual.app import App

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.servers.local import STATE_TITLES
from minicpm_tui.text import format_duration, one_line
from minicpm_tui.ui.kit.dialogs import Ask
from minicpm_tui.ui.kit.error_line import error_line

if TYPE_CHECKING:
    from minicpm_tui.servers.local import LocalServer


@runtime_checkable
class Talking(Protocol):
    """An app with a conversation."""

    @property
    def server_in_use(self) -> LocalServer | None:
        """The server of ours that the conversation goes to."""


async def ask(app: App[int], connected: LocalServer | None) -> bool:
    """Before the program ends: ask about the server that is talked with and those started since it runs.

    False when the user stays.
    """
    try:
        servers = await asyncio.to_thread(_concerned, connected)
    except MinicpmTuiError:
        return True
    if not servers:
        return True
    answers = (("keep", _("Keep it running")), ("stop", _("Stop it")), ("cancel", _("Cancel")))
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

    names = ", ".join(server.short_name for server in servers)
    text = ngettext(
        "The server {names} was started by this program.", "The servers {names} were started by this program.", len(servers)
    )
    lines = [text.format(names=names), *(f"{title} — {hint}" for title, hint in survival.warnings())]
    return "\n".join(lines)


async def ask_to_stop(app: App[Any], server: LocalServer, question: str, answer: str) -> bool:
    """Ask ``question`` and say what the server is doing and who is connected; True for ``answer``."""
    in_use = app.server_in_use if isinstance(app, Talking) else None
    talking = in_use is not None and in_use.id == server.id
    lines = [question, *await asyncio.to_thread(_what_runs, server, talking=talking)]
    answers = (("cancel", _("Cancel")), ("stop", answer))
    return await app.push_screen_wait(Ask("\n".join(lines), answers)) == "stop"


def _what_runs(server: LocalServer, *, talking: bool) -> list[str]:
    """Its state and age, its requests, and who is connected (blocks)."""
    from minicpm_tui.servers import clients, live, metrics, registry

    with contextlib.suppress(MinicpmTuiError):
        server = registry.find(server.id)  # its state may be another by now
    since = format_duration(time.time() - server.started)
    facts = [_("{state} for {time}").format(state=_(STATE_TITLES[server.state]), time=since)]
    if reading := live.read(server.url, server.key):
        now = metrics.figures(reading)
        facts.append(_("{running} running, {waiting} queued").format(running=now.running or 0, waiting=now.waiting or 0))
    lines = [" · ".join(facts)]
    others = [client for client in clients.clients(server) if not client.own]
    users = [_("this conversation")] if talking else []
    users += [f"{client.name} ({client.pid})" if client.pid else client.name for client in others]
    if users:
        lines.append(_("In use by {names}").format(names=one_line(", ".join(users), 200)))
    return lines


async def _stop(app: App[int], servers: list[LocalServer]) -> bool:
    from minicpm_tui.ui.server import start

    app.notify(_("Stopping the server…"), markup=False)
    for server in servers:
        try:
            await asyncio.to_thread(start.stop, server.id)
        except MinicpmTuiError as error:
            app.notify(one_line(error_line(error.info)), severity="warning", markup=False)
            return False
    return True
