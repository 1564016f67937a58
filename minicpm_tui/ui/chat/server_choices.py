"""The list of models and servers to talk with: the models of this server, our own servers, the configured ones, the demo."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from textual.app import App

from minicpm_tui.address import without_credentials
from minicpm_tui.config import Settings
from minicpm_tui.i18n import _
from minicpm_tui.ui.kit.dialogs import Choice, Choose
from minicpm_tui.ui.kit.messages import UseServer

if TYPE_CHECKING:
    from minicpm_tui.chat.connect import Connection

DEMO: Literal["demo"] = "demo"
_MARK = "\n"


def key_of(url: str, model: str = "") -> str:
    """How a choice names a server and one of its models."""
    return f"{url}{_MARK}{model}"


def wish_of(key: str) -> UseServer:
    """The request that a choice stands for; ``=address`` was typed."""
    if key.startswith("="):
        return UseServer(key[1:])
    url, _mark, model = key.partition(_MARK)
    return UseServer(url, model)


def choices(settings: Settings, connection: Connection | None, locked: str = "") -> list[Choice]:
    """What there is to talk with, first the server at ``locked``, which wants a key (blocks: looks for our servers)."""
    from minicpm_tui.servers import registry

    found: dict[str, Choice] = {}

    def add(url: str, model: str, detail: str) -> None:
        shown = without_credentials(url)
        found.setdefault(key_of(url, model), Choice(key_of(url, model), model or shown, detail or shown))

    if locked:
        found[key_of(locked)] = Choice(key_of(locked), _("Enter a key…"), locked)
    if connection is not None:
        for model in connection.facts.models:
            add(connection.url, model.id, connection.url)
    here = _("started here")
    for server in registry.running():
        add(server.url, server.model, f"{server.url} · {here} · {server.state}")
    for endpoint in settings.servers:
        add(endpoint.url, endpoint.model, endpoint.name)
    if settings.url:
        add(settings.url, settings.model, _("from the settings"))
    return [*found.values(), Choice(DEMO, _("Demo server"), _("no GPU, no model: facts about your files"))]


async def ask(
    app: App[Any], settings: Settings, connection: Connection | None, locked: str = ""
) -> UseServer | Literal["demo"] | None:
    """Let the user choose another model or server, or type an address; None when they leave it. Run it in a worker."""
    listed = await asyncio.to_thread(choices, settings, connection, locked)
    current = key_of(connection.url, connection.model) if connection else ""
    window = Choose(_("Model and server"), listed, current=current, free=_("filter, or type an address: host:port"))
    key = await app.push_screen_wait(window)
    if key == DEMO:
        return DEMO
    return wish_of(key) if key else None
