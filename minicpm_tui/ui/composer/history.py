"""What was sent before: up and down in the composer. Kept in ``state_dir()/history.jsonl``, newest last."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Sequence
from pathlib import Path

from minicpm_tui import files, paths
from minicpm_tui.decoding import DecodingError, read_bounded

MOST = 1000


class History:
    """A position among earlier texts; the text being written stands after the newest."""

    def __init__(self, entries: Sequence[str] = ()) -> None:
        self._entries = list(entries)
        self._position: int | None = None
        self._draft = ""

    def older(self, current: str) -> str | None:
        """The text before the one shown; None at the oldest. ``current`` is kept as the draft when leaving it."""
        position = len(self._entries) if self._position is None else self._position
        if position == 0:
            return None
        if self._position is None:
            self._draft = current
        self._position = position - 1
        return self._entries[self._position]

    def newer(self) -> str | None:
        """The text after the one shown, at last the draft; None when the draft is shown already."""
        if self._position is None:
            return None
        self._position += 1
        if self._position == len(self._entries):
            self._position = None
            return self._draft
        return self._entries[self._position]

    def add(self, text: str) -> None:
        """``text`` was sent: it is the newest now, once."""
        self.settle()
        if text.strip() and (not self._entries or self._entries[-1] != text):
            self._entries.append(text)

    def add_older(self, entries: Sequence[str]) -> None:
        """``entries`` were sent before all that is known; oldest first."""
        self._entries[:0] = entries
        if self._position is not None:
            self._position += len(entries)

    def settle(self) -> None:
        """What is shown is the draft from now on (it was edited or sent)."""
        self._position = None


def _path() -> Path:
    return paths.state_dir() / "history.jsonl"


def load() -> list[str]:
    """The saved texts (blocks); lines that cannot be read are left out."""
    from minicpm_tui.exact_json import decode_exactly  # the first paint needs none of them

    texts: list[str] = []
    with contextlib.suppress(OSError, DecodingError):
        for line in read_bounded(_path()).splitlines()[-MOST:]:
            with contextlib.suppress(DecodingError):
                texts.append(decode_exactly(line, str))
    return texts


def save(text: str) -> None:
    """Append ``text`` (blocks). Raises StorageError."""
    from minicpm_tui.exact_json import encode_exactly

    path = _path()
    files.make_private_dir(path.parent)
    with files.storage_errors(path):
        lines = _lines(path)
        if len(lines) >= 2 * MOST:
            files.write_durably(path, b"".join(lines[-MOST:]))
        handle = path.open("ab")
        with handle:
            path.chmod(files.PRIVATE_FILE)
            handle.write(encode_exactly(text) + b"\n")


def _lines(path: Path) -> list[bytes]:
    """Raises OSError for what cannot be read, or is too large."""
    try:
        return read_bounded(path).splitlines(keepends=True)
    except FileNotFoundError:
        return []
    except DecodingError as error:
        raise OSError(errno.EFBIG, str(error), str(path)) from error
