"""Leaving the program: ask where something would be lost, keep what is written, let servers and journals go."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import traceback
from typing import TYPE_CHECKING

from minicpm_tui import files, paths
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line
from minicpm_tui.ui.composer import drafts
from minicpm_tui.ui.kit.dialogs import Ask
from minicpm_tui.ui.terminal.hangup import terminal_gone

if TYPE_CHECKING:
    from minicpm_tui.ui.app.app import MinicpmApp


async def ask_and_quit(app: MinicpmApp) -> None:
    """Quit, after asking when a reply streams or a server of ours runs."""
    if app.chat.talk.running:
        question = _("A reply is still streaming. What has arrived is saved.")
        if await app.push_screen_wait(Ask(question, (("cancel", _("Cancel")), ("quit", _("Stop it and quit"))))) != "quit":
            return
    from minicpm_tui.ui.server import keep_or_stop

    if await keep_or_stop.ask(app, app.server_in_use):
        await close(app, 0)


def crash(app: MinicpmApp, error: Exception) -> None:
    """Keep the draft, write the traceback to ``state_dir()/crash.log``, and end with one line."""
    path = paths.state_dir() / "crash.log"
    with contextlib.suppress(MinicpmTuiError, OSError):
        if app.chat.is_attached and app.chat.talk.furnished:
            drafts.save(app.chat.talk.drafting.now())
        files.make_private_dir(path.parent)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8", errors="replace")
    line = one_line(f"{type(error).__name__}: {error}", 160)
    hint = _("nothing that was sent is lost; the details are in {path}").format(path=path)
    title = _("Internal error")
    app.exit(1, return_code=1, message=f"minicpm-tui: {title}: {line} — {hint}")


async def close(app: MinicpmApp, status: int) -> None:
    """Save the draft, keep what arrived of a reply, and end with ``status``."""
    talk = app.chat.talk
    with contextlib.suppress(MinicpmTuiError):
        if talk.furnished:
            talk.queue.hold(held=True)  # what waits is part of the draft
            await asyncio.to_thread(drafts.save, talk.drafting.now())
    with contextlib.suppress(MinicpmTuiError):
        await app.chat.current.close()
    if status == 128 + signal.SIGHUP and terminal_gone(0):
        os._exit(status)  # Textual would wait for ever for its writes to a terminal that is not there
    app.exit(status, return_code=status)
