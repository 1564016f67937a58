"""What the command line hands to the app, and the way the app is run."""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass, field

from minicpm_tui.config import Config, Settings, config_path
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.ui import hangup


@dataclass(frozen=True)
class Launch:
    """How the program was started. ``session`` is an id or a prefix of one; ``resume`` means the newest session."""

    config: Config = field(default_factory=lambda: Config(Settings(), {}, config_path()))
    demo: bool = False
    session: str = ""
    resume: bool = False


def run(launch: Launch) -> int:
    """Run the app in this terminal until it is closed; returns the exit status. Raises UsageError without a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(_("the program needs a terminal"), hint=_("in scripts and pipes use: minicpm-tui ask"))
    gc.disable()  # until the first paint: a tenth of the start would go into looking at what was just imported
    from minicpm_tui.ui.graphics.query import Query

    query = Query(launch.config.settings.thumbnails)  # the terminal answers while the app is imported
    from minicpm_tui.ui.app import MinicpmApp

    app = MinicpmApp(launch, query.answer())
    hangup.watch(sys.stdin.fileno())
    status = app.run()
    return app.return_code or status or 0
