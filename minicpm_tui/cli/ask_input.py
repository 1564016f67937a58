"""What ``ask`` is given: words, what is piped in, and files that are none on this disk."""

from __future__ import annotations

import base64
import binascii
import os
import select
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote_to_bytes

from minicpm_tui.cli.warn import warn
from minicpm_tui.errors import MediaDamaged, UsageError
from minicpm_tui.i18n import _
from minicpm_tui.media.sniff import sniff
from minicpm_tui.text import one_line

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
    if not any(file == STDIN or _is_data(file) for file in files):
        yield list(files)
        return
    with tempfile.TemporaryDirectory(prefix="minicpm-tui-") as folder:
        yield [_as_file(file, Path(folder), number) for number, file in enumerate(files)]


def _as_file(file: str, folder: Path, number: int) -> str:
    if file == STDIN:
        path = folder / "stdin"
        with path.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        if not path.stat().st_size:
            raise UsageError(_("nothing came on stdin"), hint=_("pipe a picture in: … | minicpm-tui ask -f - TEXT"))
        return str(path)
    if not _is_data(file):
        return file
    path = folder / f"data-{number + 1}"
    path.write_bytes(_data(file))
    return str(path)


def _is_data(file: str) -> bool:
    return file[:5].lower() == "data:"


def _data(url: str) -> bytes:
    """The bytes of a ``data:`` URL (RFC 2397)."""
    head, comma, body = url.partition(",")
    data = unquote_to_bytes(body)
    try:
        if head.lower().endswith(";base64"):
            data = base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error:
        data = b""
    if not comma or not data:
        raise MediaDamaged(one_line(url, 60), title=_("This data: URL has no data"), hint=_("write data:image/png;base64,…"))
    return data


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
