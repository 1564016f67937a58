"""Runs the app in a terminal."""

from __future__ import annotations

import gc
import os
import sys

import msgspec

from minicpm_tui import paths
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.libraries import quiet_libraries
from minicpm_tui.ui.kit.start_options import Launch
from minicpm_tui.ui.terminal import hangup

_SWITCH_SECONDS = 0.001
"""So long a thread that imports keeps the interpreter from the one that takes keys, which gives it away and wants it back with
every read and write. With Python's own 5 ms a key showed half as late again while openai is imported."""


def run(launch: Launch) -> int:
    """Run the app in this terminal until it is closed; returns the exit status. Raises UsageError without a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(_("the program needs a terminal"), hint=_("in scripts and pipes use: minicpm-tui ask"))
    gc.disable()  # until the first paint
    sys.setswitchinterval(_SWITCH_SECONDS)
    from minicpm_tui.ui.terminal.graphics.query import Query
    from minicpm_tui.ui.terminal.line import is_slow

    settings = launch.config.settings
    query = Query(settings.thumbnails, blocks=settings.blocks, background=launch.config.origin("theme") == "default")
    try:  # the terminal answers while the app is imported
        from minicpm_tui.ui.app.app import MinicpmApp

        slow = is_slow(settings.slow_line, query.round_trip, os.environ)
        terminal = msgspec.structs.replace(query.answer(), slow=slow)
    finally:
        query.end()
    hangup.watch(sys.stdin.fileno())
    with quiet_libraries(paths.state_dir() / "libraries.log"):
        app = MinicpmApp(launch, terminal)
        app.early_input = query.answers.replace(b"\n", b"\r")  # until the app reads, the terminal's line makes this of Enter
        status = app.run()
    return app.return_code or status or 0
