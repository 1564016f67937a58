"""Runs the command line and turns what went wrong into one line and the contract's exit status."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import Any

from minicpm_tui import config
from minicpm_tui.cli.plain import plain_launch
from minicpm_tui.cli.warn import warn
from minicpm_tui.errors import ConfigError, MinicpmTuiError
from minicpm_tui.i18n import _, set_language

_OUTPUT_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
"""Files of our own raise StorageError for these."""


def main() -> None:
    """Run the command line; ends the process with the contract's exit status."""
    _open_what_is_closed()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line and give its exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    with contextlib.suppress(ConfigError):  # a broken file is the command's to report: --version works without it
        set_language(config.load().settings.language)
    try:
        result = _carried_out(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _quiet_stdout()
        return 0
    except MinicpmTuiError as error:
        warn(error)
        return error.exit_status
    except OSError as error:
        return _os_error(error)
    except Exception as error:  # noqa: BLE001  one line for people, the traceback in a file
        return _crashed(error)
    return result if isinstance(result, int) else 0


def _carried_out(arguments: list[str]) -> Any:
    if asked := os.environ.get("_MINICPM_TUI_COMPLETE"):
        from minicpm_tui.cli.completion import complete

        return complete(asked)
    if (launch := plain_launch(arguments)) is not None:
        from minicpm_tui.ui.app import run as program

        return program.run(launch)
    from minicpm_tui.cli.command_line import carry_out

    return carry_out(arguments)


def _os_error(error: OSError) -> int:
    """What no part of the program has said better; without a file's name it was stdout, if that is how writing fails."""
    if error.filename is None and error.errno not in _OUTPUT_ERRORS:
        return _crashed(error)
    _quiet_stdout()
    what = error.filename or _("the output")
    warn(f"{what}: {error.strerror or error}")
    return 1


def _crashed(error: BaseException) -> int:
    from minicpm_tui import crash

    _quiet_stdout()
    warn(crash.record(error))
    return 1


def _open_what_is_closed() -> None:
    """Started with stdin, stdout or stderr closed (``>&-``): nothing may land in a file that happens to get their number."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass  # it takes the lowest number that is free
    os.close(handle)
    sys.stdin, sys.stdout, sys.stderr = (
        sys.stdin or os.fdopen(0),
        sys.stdout or os.fdopen(1, "w"),
        sys.stderr or os.fdopen(2, "w"),
    )


def _quiet_stdout() -> None:
    """The reader has gone: what is still buffered must not raise again when the interpreter ends."""
    with contextlib.suppress(OSError):  # a stdout without a file, in tests
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
