"""Which way ``ask`` shows its reply."""

from __future__ import annotations

import io
import os
import sys

from minicpm_tui.cli.ask_output import JsonOutput, Output


def choose_output(*, as_json: bool, plain: bool, raw: bool) -> Output:
    """Markdown is drawn only where a person looks at it. What the terminal's encoding lacks becomes ``?``."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    if as_json:
        return JsonOutput()
    if raw or plain or not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return Output(raw=raw)
    from minicpm_tui.cli.ask_terminal import TerminalOutput

    return TerminalOutput()
