"""Libraries that are not installed by default: imported when a file needs one, and named when it is not there."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from minicpm_tui.errors import MediaUnsupported
from minicpm_tui.i18n import _
from minicpm_tui.media.safe_open import shown


def needed(module: str, extra: str, path: Path, what: str) -> Any:
    """The imported ``module`` of the package's ``extra``.

    Raises MediaUnsupported, which calls the file at ``path`` by what it is (``what``, translated) and says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise unread(path, what, extra) from error


def unread(path: Path, what: str, extra: str) -> MediaUnsupported:
    """The error for a file that could be read with ``extra``."""
    command = f"pip install 'minicpm-tui[{extra}]'"
    message = _("{name} is {what}").format(name=shown(path), what=what)
    return MediaUnsupported(message, hint=_("{command} lets it be read").format(command=command))
