"""Writing the message in the user's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _


def edit(text: str) -> str:
    """Let the user edit ``text`` (blocks, the terminal must be free). Raises UsageError when no editor can be run."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="minicpm-tui-") as folder:
        path = Path(folder) / "message.md"
        path.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run([*shlex.split(command), str(path)], check=False)
        except (OSError, ValueError) as error:
            raise UsageError(f"{command}: {error}", hint=_("set EDITOR to an editor that is installed")) from error
        if done.returncode:
            raise UsageError(
                _("{command} ended with status {status}").format(command=command, status=done.returncode),
                hint=_("the message is as it was"),
            )
        return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
