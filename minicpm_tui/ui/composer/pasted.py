"""What a paste or a drop holds: text, or paths as file managers and terminals write them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from minicpm_tui.i18n import _, ngettext
from minicpm_tui.paths import expanded
from minicpm_tui.text import one_line

PICTURES = frozenset({"jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "heif", "jfif", "ppm", "ico"})
VIDEOS = frozenset({"mp4", "mov", "mkv", "webm", "avi", "m4v", "mpg", "mpeg", "ts", "flv", "wmv", "3gp"})
DOCUMENTS = frozenset({"pdf"})
SENDABLE = PICTURES | VIDEOS | DOCUMENTS
"""Endings of files that can usually be sent; what a file is, its bytes decide when it is attached."""

_MOST = 32_000  # characters; more is a document, not a list of paths
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]")


class Pasted(msgspec.Struct, frozen=True):
    """``found`` exist here, ``missing`` do not; both empty: it is text."""

    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def sendable(name: str) -> bool:
    """True for names that end like a picture, a video or a PDF."""
    return name.rpartition(".")[2].lower() in SENDABLE


def might_be_paths(text: str) -> bool:
    """Quick and without the disk: False for a paste that is surely text."""
    first = text.strip().lstrip("'\"")
    return len(text) <= _MOST and (
        first.startswith(("/", "~/", "./", "../", "file://", "http://", "https://", "\\\\"))
        or _WINDOWS.match(first) is not None
        or sendable(first.splitlines()[0].rstrip("'\" ") if first else "")
    )


def read(text: str, folder: Path) -> Pasted:
    """Look at the disk (blocks): which paths ``text`` consists of. Relative ones start in ``folder``.

    Text that is not wholly made of paths stays text; so do paths of existing files that cannot be sent.
    """
    found: list[str] = []
    missing: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        tokens = _paths(line.strip(), folder)
        if tokens is None:
            return Pasted()
        for token in tokens:
            path = local(token, folder)
            if is_url(token):
                found.append(token)
            elif exists(path):
                found.append(str(path))
            else:
                missing.append(token)
    if not all(is_url(item) or sendable(item) or is_real_folder(Path(item)) for item in found):
        return Pasted()
    return Pasted(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(missing)))


def is_real_folder(path: Path) -> bool:
    """A folder, but not the root of all, however it is written (blocks)."""
    if not path.is_dir():
        return False
    resolved = path.resolve()
    return resolved != resolved.parent


def file_name(path: str) -> str:
    """The last part of a path of any machine."""
    return re.split(r"[\\/]", path)[-1]


def is_url(token: str) -> bool:
    """Whether ``token`` is an address that a server could fetch."""
    return token.startswith(("http://", "https://"))


def missing_line(paths: Sequence[str], copy: str, key: str, *, held: bool) -> str:
    """What to say of ``paths`` that do not exist here: over SSH they are often those of the user's own machine.

    ``copy`` is the command that brings them here, ``key`` copies it. ``held``: a message that consists of them was not sent.
    """
    more = len(paths) - 1
    others = ngettext(" and {count} more", " and {count} more", more).format(count=more) if more else ""
    line = _(
        "{path}{others}: not on this machine. If it is on your own, run there: {copy} ({key} copies the line). "
        "It is attached as soon as it arrives."
    ).format(path=one_line(paths[0], 60), others=others, copy=copy, key=key)
    again = _("Enter once more sends it as text.")
    return f"{line} {again}" if held else line


def _paths(line: str, folder: Path) -> list[str] | None:
    """The paths that ``line`` consists of, None when it is text."""
    if line.startswith("file://"):
        return [unquote(urlsplit(token).path) for token in line.split()]
    if _looks_like_path(line, folder):
        return [line]
    try:
        tokens = shlex.split(line)
    except ValueError:
        return None
    return tokens if tokens and all(_looks_like_path(token, folder) for token in tokens) else None


def _looks_like_path(token: str, folder: Path) -> bool:
    if is_url(token):
        return " " not in token and sendable(urlsplit(token).path)
    if exists(local(token, folder)):
        return True
    return rooted(token) and sendable(token) and "\\ " not in token and not re.search(r"\s[/~]", token)


def rooted(token: str) -> bool:
    """Whether ``token`` is written as a path of this or another machine, not as a name."""
    return token.startswith(("/", "~/", "./", "../", "\\\\")) or _WINDOWS.match(token) is not None


def local(token: str, folder: Path) -> Path:
    """The path that ``token`` means, seen from ``folder``."""
    if token.startswith("file://"):
        token = unquote(urlsplit(token).path)
    return folder / expanded(token)


def exists(path: Path) -> bool:
    """False also for what no path can be (blocks)."""
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, a NUL inside, no permission
        return False
