"""Saving something under a name that the user gives: nothing is replaced unasked, and where it lies is said."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Protocol

from textual.app import App

from minicpm_tui.errors import MinicpmTuiError, NameTaken
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit.dialogs import Ask, Line
from minicpm_tui.ui.kit.error_line import error_line


class Write(Protocol):
    """Writes under ``name`` and says the file. Blocks."""

    def __call__(self, name: str, *, overwrite: bool) -> Path:
        """Raises NameTaken when the name is taken and what has it is not to be replaced, and MinicpmTuiError."""


async def save_as(app: App[Any], title: str, write: Write, proposed: str = "") -> Path | None:
    """Ask for a name with ``title`` and ``write``; the file, None when the user leaves it. Run it in a worker.

    Where the name is taken the user is asked; what fails is said, and the name can be mended.
    """
    name: str | None = proposed
    while True:
        name = await app.push_screen_wait(Line(title, name or ""))
        if not name:
            return None
        if (path := await _written(app, write, name, overwrite=False)) is not None:
            app.notify(_("Saved: {path}").format(path=one_line(str(path))), timeout=8, markup=False)
            return path


async def _written(app: App[Any], write: Write, name: str, *, overwrite: bool) -> Path | None:
    try:
        return await asyncio.to_thread(write, name, overwrite=overwrite)
    except NameTaken as taken:
        return await _written(app, write, name, overwrite=True) if await _replaced(app, taken) else None
    except MinicpmTuiError as error:
        app.notify(one_line(error_line(error.info)), severity="warning", timeout=10, markup=False)
        return None


async def _replaced(app: App[Any], taken: NameTaken) -> bool:
    """The user wants to replace what is there."""
    question = f"{taken.title}: {one_line(taken.message)}"
    return await app.push_screen_wait(Ask(question, (("close", _("Cancel")), ("replace", _("Replace"))))) == "replace"
