"""Opening a file that may be anything: never blocks on a pipe or device, and says plainly what is wrong."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from minicpm_tui.errors import MediaDamaged, MediaError, MediaNotFound, MediaUnsupported
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.media.sniff import Format
from minicpm_tui.text import one_line


def shown(path: Path | str) -> str:
    """``path`` on one printable line; bytes that are no text become �."""
    return one_line(as_text(path), 300)


def as_text(path: Path | str) -> str:
    """``path`` as text that can be stored: bytes that are no text become �."""
    return os.fsencode(path).decode("utf-8", "replace")


def open_regular(path: Path) -> tuple[BinaryIO, os.stat_result]:
    """A regular, readable, non-empty file, opened. Raises MediaNotFound, MediaUnsupported or MediaDamaged."""
    try:
        refuse_irregular(path, path.stat())
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    file = os.fdopen(handle, "rb")
    try:
        status = os.fstat(handle)
        refuse_irregular(path, status)  # it may have been swapped meanwhile
        _refuse_empty(path, status)
    except BaseException:
        file.close()
        raise
    return file, status


def refuse_irregular(path: Path, status: os.stat_result) -> None:
    """Raises MediaUnsupported for folders, pipes, sockets and devices."""
    if stat.S_ISREG(status.st_mode):
        return
    if stat.S_ISDIR(status.st_mode):
        raise MediaUnsupported(shown(path), title=_("This is a folder, not a file"), hint=_("choose the files in it"))
    raise MediaUnsupported(shown(path), title=_("Not a regular file"), hint=_("copy its contents to a file first"))


def _refuse_empty(path: Path, status: os.stat_result) -> None:
    if status.st_size == 0:
        raise MediaDamaged(shown(path), title=_("The file is empty"))


def unreadable(path: Path, error: OSError | ValueError) -> MediaError:
    """The error for a file that cannot be opened or read."""
    number = error.errno if isinstance(error, OSError) else errno.EINVAL
    if number in {errno.EACCES, errno.EPERM}:
        return MediaNotFound(
            shown(path), title=_("You do not have permission to read this file"), hint=_("check its permissions")
        )
    if number in {errno.ENOENT, errno.ENOTDIR, errno.EINVAL, errno.ENAMETOOLONG, errno.ELOOP}:
        return MediaNotFound(shown(path), hint=_("check the name; the file must be on this machine"))
    reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return MediaNotFound(f"{shown(path)}: {reason}", title=_("This file cannot be read"))


def unsupported(path: Path, what: Format) -> MediaUnsupported:
    """The error for a file that is none of ours; says what it is where that is known."""
    message = _("{name} is {what}").format(name=shown(path), what=_(what.name)) if what.name else shown(path)
    return MediaUnsupported(message, hint=_("pictures, videos and PDFs can be sent"))


def no_such_page(path: Path, pages: int | str, count: int) -> MediaNotFound:
    """The error for ``pages`` (``9``, ``7-9``) of a document that has ``count``."""
    has = ngettext("it has {count} page", "it has {count} pages", count).format(count=count)
    return MediaNotFound(f"{shown(path)}: {pages}", title=_("No such page"), hint=has)
