"""The window with the saved prompts: insert one by name, save what is written as one, or remove one."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from textual.app import App

from minicpm_tui.i18n import _
from minicpm_tui.text import one_line
from minicpm_tui.ui.composer import prompts
from minicpm_tui.ui.kit.dialogs import Choice, Choose
from minicpm_tui.ui.kit.save_as import save_as

_SAVE = "+save"
_REMOVE = "+remove"


async def ask(app: App[Any], written: str) -> str:
    """The text of the prompt that the user chooses, empty when there is none to insert; ``written`` can be saved as one.

    Run it in a worker. Raises ConfigError, StorageError.
    """
    known = await asyncio.to_thread(prompts.load)
    listed = [Choice(name, name, one_line(text, 60)) for name, text in known.items()]
    if written.strip():
        listed.append(Choice(_SAVE, _("Save the current message…"), one_line(written, 40)))
    if known:
        listed.append(Choice(_REMOVE, _("Remove one…")))
    if not listed:
        app.notify(_("No prompts saved yet: write one, then F6 saves it under a name"), severity="warning", markup=False)
        return ""
    key = await app.push_screen_wait(Choose(_("Saved prompts"), listed))
    if key == _SAVE:
        await save_as(app, _("Name of the prompt"), partial(prompts.save, text=written))
    elif key == _REMOVE:
        names = [Choice(name, name) for name in known]
        if name := await app.push_screen_wait(Choose(_("Which prompt should be removed?"), names)):
            await asyncio.to_thread(prompts.remove, name)
    return known.get(key or "", "")
