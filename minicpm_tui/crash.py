"""What is left of a mistake of ours: a traceback in a file, and one line."""

from __future__ import annotations

import contextlib
import errno
import os
import traceback
from datetime import UTC, datetime

from minicpm_tui import __version__, files, paths
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line


def record(error: BaseException) -> str:
    """Write the traceback to ``state_dir()/crash.log`` (blocks) and return one line that names ``error`` and the file.

    A want of memory or threads is no mistake of ours: the line says so, and nothing is written.
    """
    cause = _cause(error)
    if wanting := _wanting(cause):
        return wanting
    path = paths.state_dir() / "crash.log"
    head = f"minicpm-tui {__version__}, {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n"
    with contextlib.suppress(MinicpmTuiError, OSError):
        files.make_private_dir(path.parent)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK, files.PRIVATE_FILE)
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(head + "".join(traceback.format_exception(cause)))
    line = one_line(f"{type(cause).__name__}: {cause}", 160)
    hint = _("nothing that was sent is lost; the details are in {path}").format(path=path)
    title = _("Internal error")
    return f"{title}: {line} — {hint}"


def _cause(error: BaseException) -> BaseException:
    """Textual's ``WorkerFailed`` holds the error, and with it the traceback, as an attribute only."""
    inner = getattr(error, "error", None)
    return inner if isinstance(inner, BaseException) else error


def _wanting(error: BaseException) -> str:
    """The line for a machine, or a limit, that has no memory or no threads left; empty for everything else."""
    if "can't start new thread" in str(error) or (isinstance(error, OSError) and error.errno == errno.EAGAIN):
        title, hint = _("No more threads or processes can be started"), _("raise the limits (ulimit -u, ulimit -v)")
    elif (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (isinstance(error, ImportError) and ("failed to map" in str(error) or "cannot allocate" in str(error).lower()))
    ):
        title, hint = _("Not enough memory"), _("close other programs, or raise the limit (ulimit -v)")
    else:
        return ""
    return f"{title} — {hint}"
