"""Exporting a conversation: which format, under which name."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App

from minicpm_tui.files import whole_path
from minicpm_tui.i18n import _
from minicpm_tui.ui.kit.dialogs import Choice, Choose
from minicpm_tui.ui.kit.save_as import save_as

if TYPE_CHECKING:
    from minicpm_tui.sessions import Journal


async def export(app: App[Any], journal: Journal) -> None:
    """Ask for a format and a path, proposed from the title, and write what ``journal`` holds by then. Run it in a worker."""
    from minicpm_tui.sessions import Journal
    from minicpm_tui.sessions import export as exports

    kinds = {
        "md": _("Markdown, with attachments beside it"), "html": _("one web page"), "json": _("OpenAI messages"),
        "jsonl": _("the journal, without paths"), "cast": _("asciinema recording"), "tar.gz": _("everything, without paths"),
    }  # fmt: skip
    listed = [Choice(name, name, kinds[name]) for name in exports.FORMATS]
    kind = await app.push_screen_wait(Choose(_("Export as"), listed))
    if kind is None:
        return
    proposed = await asyncio.to_thread(exports.free_path, journal, kind, Path.cwd())

    def write(name: str, *, overwrite: bool) -> Path:
        path = whole_path(Path(name))
        if journal.path is None:
            exports.export(journal, kind, path, overwrite=overwrite)
        else:  # a reader of its own: a reply may be arriving
            with Journal.open(journal.path, read_only=True) as reader:
                exports.export(reader, kind, path, overwrite=overwrite)
        return path

    await save_as(app, _("Save to"), write, str(proposed))
