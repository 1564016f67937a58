"""What is left of a mistake of ours: a traceback in a file, and one line."""

from __future__ import annotations

import contextlib
import traceback

from minicpm_tui import files, paths
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line


def record(error: BaseException) -> str:
    """Write the traceback to ``state_dir()/crash.log`` (blocks) and return one line that names ``error`` and the file."""
    path = paths.state_dir() / "crash.log"
    with contextlib.suppress(MinicpmTuiError, OSError):
        files.make_private_dir(path.parent)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8", errors="replace")
    line = one_line(f"{type(error).__name__}: {error}", 160)
    hint = _("nothing that was sent is lost; the details are in {path}").format(path=path)
    title = _("Internal error")
    return f"{title}: {line} — {hint}"
