"""What is piped in, kept as a file, for it is read more than once; the names in it begin in the current folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDER = "minicpm-tui-stdin-"
_FILE = "stdin"


@contextmanager
def place_for_stdin() -> Iterator[Path]:
    """Where the copy may lie; it is gone behind this."""
    with tempfile.TemporaryDirectory(prefix=_FOLDER) as folder:
        yield Path(folder) / _FILE


def base_of(path: Path) -> Path | None:
    """Where relative names in the file ``path`` begin; None, the current folder, for our copy of what was piped in."""
    return None if path.name == _FILE and path.parent.name.startswith(_FOLDER) else path.parent
