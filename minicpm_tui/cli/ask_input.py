"""What ``ask`` is given: words, what is piped in, and files that are none on this disk."""

from __future__ import annotations

import os
import select
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from minicpm_tui.cli.warn import warn
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.media import data_url
from minicpm_tui.media.sniff import sniff

STDIN = "-"
PATIENCE_SECONDS = 2.0


def question_text(words: Sequence[str], files: Sequence[str]) -> str:
    """The question: ``words``, and what is piped in, which takes the place of ``-`` or follows them.

    Reads stdin to its end unless it is a terminal or one of ``files``. Raises UsageError when two things want stdin, or a picture
    is piped in as text.
    """
    if list(words).count(STDIN) + list(files).count(STDIN) > 1:
        raise UsageError(_("stdin can be used once: as a part of the question, or as a file"))
    if STDIN in files:
        return " ".join(words)
    if STDIN in words:
        piped = _piped(patience=0)
        text = [piped if word == STDIN else word for word in words]
        return "\n\n".join(text) if len(text) > 1 else piped
    piped = "" if sys.stdin.isatty() else _piped(patience=PATIENCE_SECONDS if words or files else 0)
    return "\n\n".join(part for part in (" ".join(words), piped) if part)


@contextmanager
def on_disk(files: Sequence[str]) -> Iterator[list[str]]:
    """``files`` with stdin and ``data:`` URLs as temporary files, which are gone afterwards. Raises MediaDamaged, UsageError."""
    with data_url.on_disk(files, "data") as found:
        if STDIN not in found:
            yield found
            return
        with tempfile.TemporaryDirectory(prefix="minicpm-tui-") as folder:
            path = Path(folder) / "stdin"
            copy_stdin(path, _("pipe a picture in: … | minicpm-tui ask -f - TEXT"))
            yield [str(path) if file == STDIN else file for file in found]


def copy_stdin(path: Path, hint: str) -> None:
    """What comes on stdin as a file at ``path``. Raises UsageError with ``hint`` when nothing comes."""
    with path.open("wb") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
    if not path.stat().st_size:
        raise UsageError(_("nothing came on stdin"), hint=hint)


def _piped(*, patience: float) -> str:
    """All that is piped in, as text. Says after ``patience`` seconds (0: never) that it waits: a pipe may be open unmeant."""
    if patience and not _ready(patience):
        warn(_("reading stdin as well; end it with Ctrl-D, or start with < /dev/null"))
    data = sys.stdin.buffer.read()
    try:
        return data.decode().strip()
    except UnicodeDecodeError:
        if sniff(data[:4096]).kind != "other":
            raise UsageError(_("a file was piped in, and no text"), hint=_("attach it with -f -")) from None
        return data.decode(errors="replace").strip()


def _ready(seconds: float) -> bool:
    """True once there is something to read, or the end."""
    try:
        handle = sys.stdin.fileno()
        os.fstat(handle)
    except (OSError, ValueError):
        return True
    return bool(select.select([handle], [], [], seconds)[0])
