"""Writing the message in the user's own editor."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from minicpm_tui.errors import EditorFailed
from minicpm_tui.i18n import _

# Leave the other screen, and a soft reset (DECSTR): what a killed editor did not do itself.
_AFTER_A_KILLED_EDITOR = "\x1b[?1049l\x1b[!p"


def edit_on(app: App[Any], text: str) -> str:
    """Let the user edit ``text`` on the terminal of ``app``, which stands still meanwhile (blocks). Raises EditorFailed."""
    try:
        with app.suspend():
            return edit(text)
    except SuspendNotSupported:
        raise EditorFailed(title=_("This terminal cannot be handed over to an editor"), hint=_as_it_was()) from None
    finally:
        app.refresh(layout=True)


def edit(text: str) -> str:
    """Let the user edit ``text`` (blocks, the terminal must be free).

    Raises EditorFailed when there is no editor, when it fails, or when what it wrote cannot be read.
    """
    command = _command()
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise _no_editor(command, str(error)) from error
    try:
        with tempfile.TemporaryDirectory(prefix="minicpm-tui-") as folder:
            path = Path(folder) / "message.md"
            path.write_text(text, encoding="utf-8", errors="surrogateescape")
            _run(command, [*arguments, str(path)])
            return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
    except OSError as error:
        problem = error.strerror or str(error)
        line = _("{command}: the message cannot be read back: {problem}").format(command=command, problem=problem)
        raise EditorFailed(line, hint=_as_it_was()) from error


def _command() -> str:
    chosen = (os.environ.get(name, "").strip() for name in ("VISUAL", "EDITOR"))
    return next(filter(None, chosen), "vi")


def _run(command: str, argv: list[str]) -> None:
    try:
        status = subprocess.run(argv, check=False).returncode
    except OSError as error:
        raise _no_editor(command, error.strerror or str(error)) from error
    if status < 0:
        print(_AFTER_A_KILLED_EDITOR, end="", flush=True)
        line = _("{command} was killed ({signal})").format(command=command, signal=_name(-status))
        raise EditorFailed(line, hint=_as_it_was())
    if status:
        line = _("{command} ended with exit status {status}").format(command=command, status=status)
        raise EditorFailed(line, hint=_as_it_was())


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _no_editor(command: str, problem: str) -> EditorFailed:
    line = _("{command} cannot be run: {problem}").format(command=command, problem=problem)
    return EditorFailed(line, hint=_("set EDITOR to an installed editor; the message is unchanged"))


def _as_it_was() -> str:
    return _("the message is unchanged")
