"""A server that wants a key is given one, which is kept for the next start if the user says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line
from minicpm_tui.ui.chat.connection import Connected, Connector
from minicpm_tui.ui.kit.dialogs import Ask, Line
from minicpm_tui.ui.kit.error_line import error_line

Say = Callable[[str], None]


async def unlock(app: App[Any], connector: Connector, again: Callable[[], Awaitable[None]], say: Say) -> None:
    """Ask for a key and connect ``again`` as long as the server wants one. Run it in a worker."""
    key = ""
    while url := connector.locked:
        title = _("{url} did not take this key") if key else _("Key for {url}")
        window = Line(one_line(title.format(url=url), 70), enter=_("Enter connects · Esc cancels"), secret=True)
        typed: str | None = await app.push_screen_wait(window)
        key = typed or ""
        if not key:
            return
        connector.given[url] = key
        await again()
        if isinstance(connector.state, Connected) and not connector.locked:
            await _keep(app, url, key, say)


async def _keep(app: App[Any], url: str, key: str, say: Say) -> None:
    from minicpm_tui.backends.saved_keys import keys_path, save_key

    question = _("Keep the key for the next start too? Only you can read {path}.").format(path=keys_path())
    answers = (("forget", _("Only until the program ends")), ("save", _("Save")))
    if await app.push_screen_wait(Ask(question, answers)) != "save":
        return
    try:
        path = await asyncio.to_thread(save_key, url, key)
    except MinicpmTuiError as error:
        say(error_line(error.info))
    else:
        say(_("Saved: {path}").format(path=path))
